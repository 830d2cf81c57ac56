# guess: the mystery number, over TCP. Rules and fairness are tested in unit/test_game.c.
# shellcheck disable=SC2016,SC2153,SC2154

load helper

start_guess() { start_server guess "$@"; }

# Where it matters who comes first: nobody else finds the way to this one.
start_seeded() { start_guess -U "$DIR/socket.${#STARTED[@]}" --seed "$@"; }

# A player that halves the range: prints its number and how many tries it needed.
PLAYER='def play(s, most=100):
    low, high = 1, most
    while True:
        s.sendall(b"%d\n" % ((low + high) // 2))
        answer = read_line(s).decode()
        if answer.startswith("higher, "):
            low = (low + high) // 2 + 1
        elif answer.startswith("lower, "):
            high = (low + high) // 2 - 1
        else:
            return (low + high) // 2, answer
'

@test "the rules come first, without being asked" {
    start_guess
    run nc.openbsd -N 127.0.0.1 "$PORT" </dev/null
    assert_output 'I picked a number from 1 to 100. You have 7 tries.'
    start_guess --max 1000000000 --tries 1
    run nc.openbsd -N 127.0.0.1 "$PORT" </dev/null
    assert_output 'I picked a number from 1 to 1000000000. You have 1 try.'
}

@test "halving the range wins within 7 tries; then the connection closes, the server lives on" {
    start_guess
    for i in 1 2 3; do
        run peer "$PLAYER"'s = connect(args[0])
read_line(s)
number, answer = play(s)
assert answer.startswith("correct, ") and answer.endswith(" used\n"), answer
assert read_all(s) == b""' "$PORT"
        assert_success
    done
}

@test "out of tries, the number is told and the connection closes, though more was sent" {
    start_seeded 1 --tries 2
    run peer 's = connect(args[0])
s.sendall(b"1\n" * 30000)
lines = read_all(s).decode().splitlines()
assert len(lines) == 3 and lines[1] == "higher, 1 try left", lines
assert lines[2].startswith("out of tries, the number was "), lines' "$PORT"
    assert_success
}

@test "higher means that the number is higher" {
    start_seeded 7
    number=$(peer "$PLAYER"'s = connect(args[0])
read_line(s)
print(play(s)[0])' "$PORT")
    start_seeded 7
    run nc.openbsd -N -U "$PORT" <<<"$((number - 1))
$((number + 1))
$number"
    assert_line --index 1 'higher, 6 tries left'
    assert_line --index 2 'lower, 5 tries left'
    assert_line --index 3 'correct, 3 tries used'
}

@test "what is no number, or out of range, is told and costs no try" {
    start_seeded 1 --max 10 --tries 2
    run nc.openbsd -N -U "$PORT" <<<$'abc\n\n0\n11\n-5\n3x\n99999999999999999999\n'
    assert_equal "${#lines[@]}" 9
    for i in 1 2 6 8; do assert_line --index $i 'not a number: guess a number from 1 to 10 (no try lost)'; done
    for i in 3 4 5 7; do assert_line --index $i 'out of range: guess a number from 1 to 10 (no try lost)'; done
    run peer 's = connect(args[0])
s.sendall(b" x \n0\n  \t1 \r\n")
for _ in range(3):
    read_line(s)
assert b"1 try left" in (line := read_line(s)) or line.startswith(b"correct, 1 try")' "$PORT"
    assert_success
}

@test "--seed: client k has the same number in every run; other seeds, other numbers" {
    numbers() {
        start_seeded "$1" --max 1000000000 --tries 40
        run peer "$PLAYER"'print([play(s, 10 ** 9)[0] for s in [connect(args[0]) for _ in range(5)] if read_line(s)])' "$PORT"
        assert_success
    }
    numbers 42
    first=$output
    numbers 42
    assert_equal "$output" "$first"
    numbers 43
    refute_output "$first"
}

@test "without --seed two runs differ" {
    numbers() {
        start_guess --max 1000000000 --tries 40
        run peer "$PLAYER"'s = connect(args[0])
read_line(s)
print(play(s, 10 ** 9)[0])' "$PORT"
    }
    numbers
    first=$output
    numbers
    refute_output "$first"
}

@test "many players at once play games of their own" {
    start_guess --tries 20 --max 1000
    run peer "$PLAYER"'peers = [connect(args[0]) for _ in range(300)]
for s in peers:
    read_line(s)
games = [(1, 1000)] * len(peers)
numbers = {}
while len(numbers) < len(peers):
    turn = [i for i in range(len(peers)) if i not in numbers]
    for i in turn:
        peers[i].sendall(b"%d\n" % (sum(games[i]) // 2))
    for i in turn:
        low, high = games[i]
        answer = read_line(peers[i])
        if answer.startswith(b"higher"):
            games[i] = (low + high) // 2 + 1, high
        elif answer.startswith(b"lower"):
            games[i] = low, (low + high) // 2 - 1
        else:
            assert answer.startswith(b"correct"), answer
            numbers[i] = (low + high) // 2
assert len(set(numbers.values())) > 200' "$PORT"
    assert_success
}

@test "a player without newlines plays too" {
    start_seeded 1 --max 3
    run peer 's = connect(args[0])
read_line(s)
for guess in b"1", b"2", b"3":
    s.sendall(guess)
    answer = read_line(s)
    if answer.startswith(b"correct"):
        break
else:
    raise AssertionError(answer)' "$PORT"
    assert_success
}

@test "a player that leaves in the middle leaves nothing" {
    start_guess
    descriptors() { find "/proc/$SERVER_PID/fd" -mindepth 1 | wc -l; }
    before=$(descriptors)
    run nc.openbsd -N 127.0.0.1 "$PORT" <<<50
    as_before() { [ "$(descriptors)" -eq "$before" ]; }
    wait_until as_before
}

@test "numbers out of range, -u and operands are usage errors that name option and value" {
    for bad in '--max 0' '--max 1000000001' '--max -1' '--tries 0' '--tries x' '--seed -1' '--seed 1.5'; do
        read -r option value <<<"$bad"
        run sockkit guess "$option" "$value"
        assert_failure 2
        assert_output --partial "$option"
        assert_output --partial "\"$value\""
    done
    run sockkit guess --seed -1
    assert_output --partial 'out of range (0 or more)'
    run sockkit guess -u
    assert_failure 2
    run sockkit guess 50
    assert_failure 2
    assert_output --partial 50
}
