"""Runs the cases of Python's own SimpleServerTestCase against the server at argv[1]
(host) and argv[2] (port), and prints what came of each as one line of JSON."""
import json, sys, unittest

try:
    import test.test_xmlrpc as suite
except ImportError as e:
    print(json.dumps({"missing": str(e)}), flush=True)
    sys.exit()


class Pointed(suite.SimpleServerTestCase):
    """The cases without the server of their own."""

    def setUp(self):
        suite.ADDR, suite.PORT = sys.argv[1], int(sys.argv[2])
        suite.URL = "http://%s:%d" % (suite.ADDR, suite.PORT)

    def tearDown(self):
        pass


class Noted(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.seen = {}

    def note(self, test, text):
        self.seen[test.id().rpartition(".")[2]] = text

    def addSuccess(self, test):
        self.note(test, "")

    def addFailure(self, test, err):
        self.note(test, str(err[1]) or "failed")

    def addError(self, test, err):
        self.note(test, "%s: %s" % (err[0].__name__, err[1]))

    def addSkip(self, test, reason):
        self.note(test, "skipped: " + reason)


result = Noted()
unittest.defaultTestLoader.loadTestsFromTestCase(Pointed).run(result)
print(json.dumps({"cases": result.seen}), flush=True)
