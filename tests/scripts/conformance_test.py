"""Every test that docs/conformance.md names exists."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def unit_tests():
    """Suite.Name of every test in C++."""
    macro = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)", re.M)
    return {".".join(names) for file in (ROOT / "tests").rglob("*.cc")
            for names in macro.findall(file.read_text())}


def functional_tests():
    """"file: method" of every test in tests/functional."""
    return {f"{file.stem}: {name}" for file in (ROOT / "tests" / "functional").glob("*.py")
            for name in re.findall(r"^    def (test_\w+)", file.read_text(), re.M)}


class ConformanceTest(unittest.TestCase):
    def setUp(self):
        page = (ROOT / "docs" / "conformance.md").read_text()
        self.rows = [line for line in page.splitlines() if re.match(r"\| R\d", line)]

    def test_the_tests_of_the_page_exist(self):
        known = unit_tests() | functional_tests()
        named = [name for row in self.rows for name in re.findall(r"`([^`]+)`", row.split("|")[3])]
        self.assertGreater(len(named), 50)
        self.assertEqual([name for name in named if name not in known], [])

    def test_a_row_has_a_test_unless_its_rule_does_not_arise(self):
        bare = [row for row in self.rows if not row.split("|")[3].strip()]
        self.assertEqual([row for row in bare if "not arise" not in row], [])


if __name__ == "__main__":
    unittest.main()
