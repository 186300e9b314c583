"""One rule for each parser of bytes from outside."""

def fuzz_target(name, srcs, corpus, deps):
    """A libFuzzer entry point, used twice.

    NAME_replay, a test, feeds it every file of the corpus. NAME itself, built with --config=fuzz,
    is the fuzzer.
    """
    deps = deps + ["//tests/fuzz:require"]
    native.cc_test(
        name = name + "_replay",
        size = "small",
        srcs = srcs + ["//tests/fuzz:replay_main.cc"],
        args = ["$(locations %s)" % f for f in corpus],
        data = corpus,
        deps = deps,
    )
    native.cc_binary(
        name = name,
        srcs = srcs,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        testonly = True,
        deps = deps,
    )
