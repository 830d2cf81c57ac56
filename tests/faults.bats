# A part of `make faults`: of the calls that can fail in each exchange, every 37th by a checksum of its name.

load helper

# The faults of tests/faults; SHIM is built beside the unit tests.
faults() {
    run env SHIM="${UNIT:-$TESTS/../build/default/unit}/../faults.so" "$TESTS/faults/run" "$@"
}

@test "whichever call fails, each byte arrives or it is told, in time and without a spin" {
    faults --part 37
    assert_success
}

@test "every call of libc that can fail is among those that are made to fail" {
    faults --calls
    assert_success
    assert_output ''
}
