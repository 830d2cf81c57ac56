# chat-serve --hub: what takes as long as a server's lease. hub/lease.py has the scenes; they wait rather than work, and run all at once.

load helper

# Starts a scene: its name, the command.
begin() (
    mkdir "$BATS_FILE_TMPDIR/$1"
    cd "$BATS_FILE_TMPDIR/$1" || exit
    local ended=0
    PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$TESTS timeout -k 1 "${LIMIT:-60}" "${@:2}" >said 2>&1 3>&- 4>&- || ended=$?
    echo "$ended" >status
)

setup_file() {
    local scene map=()
    [ "$(id -u)" = 0 ] || map=(--map-root-user)
    for scene in killed stopped cut_off hub_stopped hub_killed all_killed; do
        begin "$scene" "$PYTHON" "$TESTS/hub/lease.py" "$scene" &
    done
    begin cut unshare "${map[@]}" --net "$PYTHON" "$TESTS/hub/cut.py" 7 &
    begin model "$PYTHON" "$TESTS/hub/model.py" --seconds 8 &
}

scene() {
    WAIT=70 wait_for_file "$BATS_FILE_TMPDIR/$1/status"
    cat "$BATS_FILE_TMPDIR/$1/said"
    [ "$(<"$BATS_FILE_TMPDIR/$1/status")" -eq 0 ]
}

@test "a server that is killed has its members told as left within 15 s, once, whoever sees it, and their names are free" { scene killed; }

@test "a server stopped for longer than its lease comes back: its members join again, and what they said is said once" { scene stopped; }

@test "so does a server that was cut off from the hub" { scene cut_off; }

@test "a hub that is away for longer than a lease costs nobody the place, be it stopped" { scene hub_stopped; }

@test "a hub that is away for longer than a lease costs nobody the place, be it killed" { scene hub_killed; }

@test "servers that were all killed leave names that the next server frees" { scene all_killed; }

@test "a network that is cut for 7 s and says nothing loses nothing, and costs nobody the place" { scene cut; }

@test "whatever happens to the hub, the wires and a server, all hear the same, each line once" { scene model; }
