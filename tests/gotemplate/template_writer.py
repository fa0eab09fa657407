"""Random templates, of what rule annotations and notifications use."""

TEXTS = ["a", "High <Load>", "web1.example.com:9090", "x|y", "ünï©ode", "10.0.0.1:80", 'it\'s "quoted"', "a b  c", ""]
PATTERNS = ["(.*):.*", "[aeiou]", "^web", "\\\\d+", "(?i)LOAD", "x|y", "(.)(.)"]
REPLACEMENTS = ["$1", "<$0>", "", "-", "${2}${1}"]
VERBS_OF_TEXT = ["%s", "%q", "%v", "%-12s|", "%5.2s|", "%x", "%d", "%T"]
VERBS_OF_NUMBERS = ["%v", "%.2f", "%8.3f|", "%e", "%g", "%G", "%d", "%s", "%+.1f", "%06.1f", "%q", "%t"]
NUMBERS = ["0.0", "1.5", "-2.25", "1e6", "123456789.0", "0.00042", "3600.0", "1e-9"]
INTEGERS = ["0", "1", "-7", "42", "1048576"]


class Writer:
    """Writes templates; `texts` and `numbers` are expressions for what the data holds."""

    def __init__(self, random, *, texts, numbers, functions, numeric, blocks):
        self.random = random
        self._texts, self._numbers = texts, numbers
        self._functions, self._numeric, self._blocks = functions, numeric, blocks
        self._names = 0

    def template(self):
        parts = [self._part(3) for _ in range(self.random.randint(1, 4))]
        if self.random.random() < 0.2:
            self._names += 1
            name = f"t{self._names}"
            parts = [
                f'{{{{ define "{name}" }}}}[{{{{ . }}}}]{{{{ end }}}}',
                *parts,
                f'{{{{ template "{name}" {self._text(1)} }}}}',
            ]
        return self.random.choice(["", " ", "\n", "- "]).join(parts)

    def _part(self, depth):
        kind = self.random.randrange(9 if depth else 3)
        if kind < 3:
            return self._braces(self.random.choice([self._text, self._number, self._piped])(2))
        inner = [self._part(depth - 1) for _ in range(3)]
        if kind == 3:
            return (
                f"{self._braces(f'if {self._truth(2)}')}{inner[0]}{self._braces('else')}{inner[1]}{self._braces('end')}"
            )
        if kind == 4:
            first, second = self._truth(1), self._truth(1)
            return f"{{{{ if {first} }}}}{inner[0]}{{{{ else if {second} }}}}{inner[1]}{{{{ end }}}}"
        if kind == 5:
            return f"{{{{ with {self._text(2)} }}}}[{{{{ . }}}}]{{{{ else }}}}{inner[0]}{{{{ end }}}}"
        if kind == 6:
            name = self.random.choice("xyz")
            return f"{{{{ ${name} := {self._text(2)} }}}}{{{{ ${name} | len }}}}:{{{{ ${name} }}}}"
        if kind == 7:
            return "{{/* a comment */ -}}  " + inner[0]
        self._names += 1
        block = self.random.choice(self._blocks).replace("NAME", f"t{self._names}")
        return block.replace("INNER", self._braces(self._text(1)))

    def _braces(self, inside):
        left, right = self.random.choice([("{{ ", " }}")] * 4 + [("{{- ", " }}"), ("{{ ", " -}}"), ("{{- ", " -}}")])
        return f"{left}{inside}{right}"

    def _text(self, depth):
        kind = self.random.randrange(6 if depth else 2)
        if kind == 0:
            return self._quoted(self.random.choice(TEXTS))
        if kind <= 2:
            return self.random.choice(self._texts)
        if kind == 3:
            return f"({self.random.choice(self._functions)} {self._text(depth - 1)})"
        if kind == 4:
            pattern, to = self.random.choice(PATTERNS), self.random.choice(REPLACEMENTS)
            return f'(reReplaceAll "{pattern}" "{to}" {self._text(depth - 1)})'
        return f'(printf "{self.random.choice(VERBS_OF_TEXT)}" {self._text(depth - 1)})'

    def _number(self, depth):
        kind = self.random.randrange(5 if depth else 2)
        if kind == 0:
            return self.random.choice(NUMBERS + INTEGERS)
        if kind == 1:
            return self.random.choice(self._numbers)
        if kind == 2:
            return f"({self.random.choice(self._numeric)} {self.random.choice(self._numbers + NUMBERS)})"
        if kind == 3:
            return f"(len {self._text(depth - 1)})"
        return f'(printf "{self.random.choice(VERBS_OF_NUMBERS)}" {self._number(depth - 1)})'

    def _piped(self, depth):
        ends = [*self._functions, 'printf "%s!"', "len", "js", "print", "not"]
        stages = [self._text(depth), *(self.random.choice(ends) for _ in range(self.random.randint(1, 3)))]
        return " | ".join(stages)

    def _truth(self, depth):
        kind = self.random.randrange(7 if depth else 3)
        if kind == 0:
            return self._text(1)
        if kind <= 2:
            operator = self.random.choice(["eq", "ne", "lt", "le", "gt", "ge"])
            make = self.random.choice([self._text, lambda _: self.random.choice(self._numbers + NUMBERS)])
            return f"{operator} {make(1)} {make(1)}"
        if kind == 3:
            return f'match "{self.random.choice(PATTERNS)}" {self._text(1)}'
        if kind == 4:
            return f"not ({self._truth(depth - 1)})"
        return f"{self.random.choice(['and', 'or'])} ({self._truth(depth - 1)}) ({self._truth(depth - 1)})"

    def _quoted(self, text):
        return '"' + text.replace('"', '\\"') + '"'
