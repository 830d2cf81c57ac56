"""scenes: what README.md and the manual say can be typed, as bash scripts for readme.bats.

scenes.py FOLDER FILE...    writes FOLDER/NAME.sh for each scene, and FOLDER/NAME.N for the output printed of its command N

A scene is a block of a script (```sh, or .Bd of EXAMPLES), or all terminals of a section (```console, or .Bd of a .Ss of
EXERCISES: "$ " and a command, then what it prints), in English or in French. Fails on a block of another kind."""
import re
import sys


def readme(text):
    """(kind, text) of each scene."""
    for section in re.split(r"(?m)^#+ (?!.*\n.*```$)", text):
        blocks = re.findall(r"(?ms)^```(\w*)\n(.*?)^```$", section)
        wrong = [kind for kind, _ in blocks if kind not in ("sh", "console")]
        if wrong or section.count("```") != 2 * len(blocks):
            sys.exit("README.md: a block that cannot be run: %s" % section.splitlines()[0])
        yield from ((kind, body) for kind, body in blocks if kind == "sh")
        terminals = "".join(body for kind, body in blocks if kind == "console")
        if terminals:
            yield "console", terminals


def page(text):
    examples = text.partition(".Sh EXAMPLES\n")[2].partition("\n.Sh ")[0]
    blocks = re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed$", examples)
    if not blocks or re.search(r"(?m)^(\.D1|\.Dl|sk)", re.sub(r"(?ms)^\.Bd.*?^\.Ed$", "", examples)):
        sys.exit("EXAMPLES without a block, or with a command outside of one")
    for body in blocks:
        yield "sh", body.replace("\\e", "\\")


def exercises(text):
    """Blanks in front continue a line, as on a terminal that is narrow."""
    for section in text.replace("EXERCICES", "EXERCISES").partition(".Sh EXERCISES\n")[2].partition("\n.Sh ")[0].split(".Ss ")[1:]:
        blocks = re.findall(r"(?ms)^\.Bd -literal.*?\n(.*?)^\.Ed$", section)
        if not blocks or not all(block.startswith("$ ") for block in blocks):
            sys.exit("an exercise without commands: %s" % section.splitlines()[0])
        yield "console", re.sub(r"\n    +", " ", "".join(blocks).replace("\\&", "").replace("\\ ", "\u00a0").replace("\\e", "\\"))


def terminals(text, name):
    """Each command with its output into a file of its own; what should be in it is written to NAME.N."""
    for n, part in enumerate(re.split(r"(?m)^\$ ", text)[1:]):
        command, _, printed = part.partition("\n")
        with open("%s.%d" % (name, n), "w") as file:
            file.write(printed)
        yield "terminal %d <<'COMMAND'\n%s\nCOMMAND\n" % (n, command)


def main(folder, files):
    for path in files:
        with open(path) as file:
            text = file.read()
        scenes = {"md": readme, "1": page, "7": exercises}[path.rsplit(".", 1)[1]](text)
        for n, (kind, body) in enumerate(scenes):
            name = "%s/%s-%02d" % (folder, path.split("/")[-1].rsplit(".", 1)[0], n)
            with open(name + ".sh", "w") as file:
                file.write(body if kind == "sh" else "".join(terminals(body, name)))


main(sys.argv[1], sys.argv[2:])
