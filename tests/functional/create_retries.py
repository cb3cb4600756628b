"""A CreateJob that is sent again makes no second job."""
import concurrent.futures
import unittest
import uuid

from support.daemon import OPERATOR, OPERATOR_PASSWORD, Daemon
from support.wsman import BITS, NS, Wsman


def create_job(message_id, name="retried"):
    return (f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="{NS["a"]}" xmlns:w="{NS["w"]}"><s:Header>'
            f'<a:To>/wsman</a:To><w:ResourceURI>{BITS}</w:ResourceURI>'
            f'<a:ReplyTo><a:Address>{NS["a"]}/role/anonymous</a:Address></a:ReplyTo>'
            f'<a:Action>{BITS}/CreateJob</a:Action><a:MessageID>{message_id}</a:MessageID></s:Header>'
            f'<s:Body><p:CreateJob_INPUT xmlns:p="{BITS}"><p:DisplayName>{name}</p:DisplayName>'
            f'<p:RemoteUrl>http://127.0.0.1:1/x</p:RemoteUrl><p:LocalFile>C:\\r\\x.bin</p:LocalFile>'
            f'</p:CreateJob_INPUT></s:Body></s:Envelope>')


class CreateRetriesTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon()
        self.addCleanup(self.daemon.__exit__)
        self.daemon.start()
        self.client = self.connect()
        self.message = f"uuid:{str(uuid.uuid4()).upper()}"

    def connect(self, *who):
        client = Wsman(self.daemon, *who)
        self.addCleanup(client.close)
        return client

    def create(self, message_id=None, client=None, **more):
        reply = (client or self.client).post(create_job(message_id or self.message, **more))
        self.assertEqual(reply.status, 200, reply.text)
        return reply.properties()["JobId"]

    def test_a_retry_gets_the_same_job(self):
        job = self.create()
        self.assertEqual(self.create(), job)
        self.assertEqual(self.create(client=self.connect()), job)
        self.assertEqual(len(self.client.enumerate()), 1)

    def test_a_retry_after_kill_9_gets_the_same_job(self):
        jobs = []
        for _ in range(3):
            jobs.append(self.create())
            self.daemon.kill()
            self.daemon.start()
            self.client = self.connect()
        self.assertEqual(len(set(jobs)), 1)
        self.assertEqual(len(self.client.enumerate()), 1)

    def test_a_reply_lost_to_kill_9_costs_no_second_job(self):
        """Sent without waiting for the reply, killed at once, sent again: always one job."""
        for delay in range(5):
            self.message = f"uuid:{uuid.uuid4()}"
            lost = self.connect()
            lost.get("{3F2504E0-4F89-41D3-9A0C-0305E82C3301}")
            lost.connection.request("POST", "/wsman", create_job(self.message),
                                    {"Content-Type": "application/soap+xml", "Authorization": lost.authorization})
            for _ in range(delay):
                self.client.enumerate()
            self.daemon.kill()
            self.daemon.start()
            self.client = self.connect()
            self.create()
            self.assertEqual(len(self.client.enumerate()), delay + 1)

    def test_twins_in_flight_make_one_job(self):
        clients = [self.connect() for _ in range(16)]
        with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
            jobs = list(pool.map(lambda client: self.create(client=client), clients))
        self.assertEqual(len(set(jobs)), 1)
        self.assertEqual(len(self.client.enumerate()), 1)

    def test_other_calls_make_other_jobs(self):
        operator = self.connect(OPERATOR, OPERATOR_PASSWORD)
        jobs = [self.create(), self.create(name="other"), self.create(client=operator),
                self.create(f"uuid:{uuid.uuid4()}"), self.create("17"), self.create("17")]
        self.assertEqual(len(set(jobs)), len(jobs))

    def test_the_same_call_makes_another_job_once_the_first_has_ended(self):
        job = self.create()
        self.assertEqual(self.client.state(job, 0), 0)
        self.assertNotEqual(self.create(), job)


if __name__ == "__main__":
    unittest.main()
