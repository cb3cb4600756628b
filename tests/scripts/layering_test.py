"""scripts/layering.py finds planted violations and passes the tree as it is."""
import importlib.util
import pathlib
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("layering", ROOT / "scripts" / "layering.py")
layering = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(layering)


class LayeringTest(unittest.TestCase):
    def plant(self, path, include):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / path
            file.parent.mkdir(parents=True)
            file.write_text(f"// a file\n#include {include}\n")
            return list(layering.violations(pathlib.Path(folder)))

    def test_the_tree_is_clean(self):
        self.assertEqual(list(layering.violations(ROOT)), [])

    def test_an_arrow_the_wrong_way_is_found(self):
        for path, include in (("engine/queue.cc", '"wsman/fault.h"'), ("engine/job.h", '"schema/cim.h"'),
                              ("wsman/dispatcher.cc", '"engine/job.h"'),
                              ("wsman/dispatcher.cc", '"provider/roles.h"'),
                              ("schema/cim.cc", '"wsman/fault.h"'),
                              ("provider/roles.cc", '"engine/store/writer.h"'),
                              ("provider/roles.cc", '"engine/queue.h"')):
            with self.subTest(path=path, include=include):
                found = self.plant(path, include)
                self.assertEqual(len(found), 1)
                self.assertIn(f"{path}:2:", found[0])

    def test_a_library_header_outside_its_files_is_found(self):
        for path, include in (("engine/queue.cc", "<sqlite3.h>"), ("engine/queue.cc", "<curl/curl.h>"),
                              ("wsman/dispatcher.cc", "<stdsoap2.h>"), ("wsman/dispatcher.cc", '"soapH.h"'),
                              ("wsman/dispatcher.cc", "<expat.h>"), ("wsman/dispatcher.cc", "<openssl/ssl.h>"),
                              ("provider/roles.cc", "<boost/asio.hpp>"),
                              ("wsman/http/server.cc", "<gssapi/gssapi.h>")):
            with self.subTest(path=path, include=include):
                self.assertEqual(len(self.plant(path, include)), 1)

    def test_allowed_includes_are_not_reported(self):
        for path, include in (("engine/store/sqlite.cc", "<sqlite3.h>"), ("provider/roles.cc", '"engine/engine.h"'),
                              ("engine/transfer/curl_client.cc", "<curl/curl.h>"),
                              ("wsman/xml/soap_codec.cc", '"soapH.h"'), ("wsman/fault.cc", '"schema/cim.h"'),
                              ("tests/engine/x_test.cc", '"engine/queue.h"'), ("engine/queue.cc", "<vector>")):
            with self.subTest(path=path, include=include):
                self.assertEqual(self.plant(path, include), [])


if __name__ == "__main__":
    unittest.main()
