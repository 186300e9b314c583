"""The rule for end-to-end tests."""

def e2e_test(name, script = None, programs = {}, args = [], data = [], size = "medium"):
    """A script that makes a world of its own (world.py), as root or skipped.

    Args:
      name: its suite's, and "_test".
      script: NAME.py if it is not said.
      programs: option of the script, without its dashes: the target it names.
      args: its other arguments.
      data: what else it reads.
      size: as of any test.
    """
    script = script or name + ".py"
    options = []
    for option, program in programs.items():
        options += ["--" + option, "$(rootpath %s)" % program]
    native.sh_test(
        name = name,
        size = size,
        srcs = ["as_root.sh"],
        args = [name.replace("_test", ""), "$(rootpath %s)" % script] + options + args,
        data = [script, ":world"] + programs.values() + data,
        # "local": they make their own sandbox. "exclusive": they measure time.
        tags = [
            "e2e",
            "exclusive",
            "local",
        ],
    )
