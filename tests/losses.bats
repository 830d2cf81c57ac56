# Every kind of stdin against every way in which a peer ends, over TCP and Unix sockets: the bytes are
# counted at both ends, and status 0 is for those that are equal. tests/losses/pairs.py has the rules.

load helper

losses() {
    run "$TESTS/losses/run" "$@"
    assert_success
}

@test "connect: whatever stdin is and however the peer ends, status 0 means that all arrived" {
    losses connect
}

@test "serve --once: whatever stdin is and however the client ends, status 0 means that all arrived" {
    losses serve
}

@test "chat: whatever stdin is and however the room ends, status 0 means that all was said" {
    losses chat
}

@test "chat --listen: whatever stdin is and however the guest ends, status 0 means that all was said" {
    losses chat-listen
}
