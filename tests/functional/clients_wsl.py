"""Debian's wsl tools (wslid, wslenum, wslget, wslput, wslinvoke) over HTTPS Basic."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.daemon import OPERATOR, OPERATOR_PASSWORD, Daemon
from support.origin import Origin
from support.wsman import BITS, TRANSFERRED, Wsman


class WslTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.daemon = Daemon().start()
        cls.client = Wsman(cls.daemon, OPERATOR, OPERATOR_PASSWORD)

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def setUp(self):
        # wslput and wslinvoke take the first instance they enumerate.
        for job in self.client.enumerate():
            self.client.state(job["JobId"], 0)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-wsl-"))
        self.addCleanup(shutil.rmtree, self.folder)
        endpoint = self.daemon.url.split("/")[2]
        shutil.copy(self.daemon.certificate, self.folder / f"{endpoint}.crt")
        self.environment = {**os.environ, "HOME": str(self.folder), "OUTLEVEL": "1",
                            "WSENDPOINT": endpoint, "WSUSER": OPERATOR,
                            "WSPASS": OPERATOR_PASSWORD, "IPINTERACTIVE": "n", "WSDONTASK": "y"}

    def run_tool(self, *arguments):
        """The tool's last response file."""
        done = subprocess.run(["bash", shutil.which(arguments[0]), *arguments[1:]], cwd=self.folder,
                              env=self.environment, capture_output=True, text=True, timeout=60,
                              stdin=subprocess.DEVNULL)
        response = self.folder / "response.xml"
        self.assertTrue(response.exists(), done.stdout + done.stderr)
        return response.read_text()

    def test_wslid_identifies(self):
        self.assertIn("IdentifyResponse", self.run_tool("wslid", "check"))

    def test_wslenum_lists_jobs_and_their_endpoint_references(self):
        job = self.client.create(self.origin.url("w"), r"C:\w\enum.bin")
        self.assertIn(job, self.run_tool("wslenum", BITS))
        references = self.run_tool("wslenum", BITS, "-mode", "epr")
        self.assertIn("EndpointReference", references)
        self.assertIn(job, references)

    def test_wslget_wslput_and_wslinvoke_drive_a_job_to_its_end(self):
        self.origin.put("wsl.bin", b"whistle" * 1000)
        job = self.client.create(self.origin.url("wsl.bin"), r"C:\w\wsl.bin")
        self.assertIn("<p:State>3</p:State>", self.run_tool("wslget", BITS, f"JobId={job}"))
        # Without -fragment wslput builds the body from lines of the enumerated instance and
        # needs a class element without attributes, which Windows does not send either.
        self.run_tool("wslput", BITS, "Priority=0", "-fragment")
        self.assertEqual(self.client.properties(job)["Priority"], "0")
        out = self.run_tool("wslinvoke", BITS, "SetJobState", "JobState=2")
        self.assertIn("SetJobState_OUTPUT", out)
        self.client.wait_for_state(job, (TRANSFERRED,))
        self.run_tool("wslinvoke", BITS, "SetJobState", "JobState=1")
        self.assertEqual((self.daemon.drive_c / "w/wsl.bin").read_bytes(), b"whistle" * 1000)


if __name__ == "__main__":
    unittest.main()
