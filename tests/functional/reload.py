"""SIGHUP while clients work: a renewed certificate, and no request lost."""
import shutil
import signal
import ssl
import threading
import unittest

from support.daemon import Daemon, make_certificate, wait_until
from support.wsman import Wsman

REQUESTS = 3000
CLIENTS = 4
REQUESTS_OF_A_CONNECTION = 25


class ReloadTest(unittest.TestCase):
    def setUp(self):
        self.daemon = self.enterContext(Daemon())
        self.host, port = self.daemon.url.split("/")[2].split(":")
        self.port = int(port)

    def shown(self):
        return ssl.get_server_certificate((self.host, self.port))

    def reload(self):
        self.daemon.process.send_signal(signal.SIGHUP)

    def renew(self):
        folder = self.daemon.folder / "renewed"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for made, used in zip(make_certificate(folder), (self.daemon.certificate, self.daemon.key)):
            shutil.copy(made, used)

    def test_a_renewed_certificate_is_shown_after_sighup(self):
        before = self.shown()
        self.renew()
        self.assertEqual(self.shown(), before)
        self.reload()
        wait_until(lambda: self.shown() != before, 20, "another certificate is shown")
        after = self.shown()
        self.daemon.certificate.write_text("broken")
        self.reload()
        wait_until(lambda: "goes on as before" in self.daemon.log(), 20, "the log says what is wrong")
        self.assertEqual(self.shown(), after)

    def work(self, failures, statuses):
        try:
            while len(statuses) < REQUESTS and not failures:
                client = Wsman(self.daemon)
                for _ in range(REQUESTS_OF_A_CONNECTION):
                    statuses.append(client.corpus("11-soe").status)
                client.close()
        except Exception as error:  # whatever it is, the request is lost
            failures.append(repr(error))

    def test_no_request_is_lost(self):
        failures, statuses = [], []
        workers = [threading.Thread(target=self.work, args=(failures, statuses)) for _ in range(CLIENTS)]
        for worker in workers:
            worker.start()
        reloads, next_at = 0, 0
        while any(worker.is_alive() for worker in workers):
            if len(statuses) >= next_at:
                self.reload()
                reloads += 1
                next_at += REQUESTS // 60
            workers[0].join(0.005)
        self.assertEqual(failures, [])
        self.assertEqual(set(statuses), {200})
        self.assertGreaterEqual(len(statuses), REQUESTS)
        self.assertGreater(reloads, 20)


if __name__ == "__main__":
    unittest.main()
