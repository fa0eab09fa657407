"""Where in a YAML document a key stands."""


def line_of(text: str, key: str) -> int | None:
    """The line of `thresholds.Slow.above`, or of as much of it as is there; None where there is nothing of it."""
    import yaml  # noqa: PLC0415  its ten milliseconds are for those who have something to say

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        return None
    line, key = None, key.replace("[", ".")
    while isinstance(node, yaml.MappingNode):
        fitting = [(name, value) for name, value in node.value if f"{key}.".startswith(f"{name.value}.")]
        if not fitting:
            break
        name, node = fitting[0]
        line, key = name.start_mark.line + 1, key[len(name.value) + 1 :]
    return line
