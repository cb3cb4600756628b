"""Who sees which jobs, with real users of every role."""
import re
import unittest

from support.daemon import (NOBODY, NOBODY_PASSWORD, OPERATOR, OPERATOR_PASSWORD, VIEWER,
                            VIEWER_PASSWORD, VIEWERS_SEE_ALL, Daemon)
from support.wsman import BITS, ENUMERATION, NS, TRANSFER, Wsman

EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
PULL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"
MISSING = "{3F2504E0-4F89-41D3-9A0C-0305E82C3301}"
FILE = {"RemoteUrl": "http://127.0.0.1:1/y", "LocalFile": r"C:\v\y.bin"}
INPUTS = {"SetJobState": {"JobState": 3}, "GetError": {"LanguageId": 1033}, "AddFile": FILE}


def without_ids(reply):
    """The reply without its own MessageID and the one it answers."""
    return reply.status, re.sub(r"<a:(MessageID|RelatesTo)>[^<]*<", "<", reply.text)


def every_operation(client, job):
    """Replies to all that can be asked about one job; SetJobState only suspends."""
    fragment = '<w:FragmentTransfer s:mustUnderstand="true">State</w:FragmentTransfer>'
    yield "Get", client.get(job)
    yield "fragment", client.call(TRANSFER + "Get", selectors={"JobId": job}, headers=fragment)
    yield "Put", client.call(
        TRANSFER + "Put", f'<p:BitsClientJob xmlns:p="{BITS}"><p:Priority>3</p:Priority>'
        "</p:BitsClientJob>", {"JobId": job})
    for method, arguments in INPUTS.items():
        yield method, client.invoke(method, job, **arguments)
    yield "Delete", client.call(TRANSFER + "Delete", selectors={"JobId": job})


class JobVisibilityTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon().start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()

    def connect(self, *who, host=None):
        client = Wsman(host or self.daemon, *who)
        self.addCleanup(client.close)
        return client

    def setUp(self):
        self.admin = self.connect()
        self.operator = self.connect(OPERATOR, OPERATOR_PASSWORD)
        self.viewer = self.connect(VIEWER, VIEWER_PASSWORD)
        for job in self.admin.enumerate():
            self.admin.state(job["JobId"], 0)
        self.theirs = self.admin.create("http://127.0.0.1:1/x", r"C:\v\x.bin", name="theirs")
        self.own = self.operator.create("http://127.0.0.1:1/o", r"C:\v\o.bin", name="own")

    def names(self, client):
        return sorted(job["DisplayName"] for job in client.enumerate())

    def test_a_foreign_job_and_a_missing_one_give_the_same_bytes(self):
        foreign = dict(every_operation(self.operator, self.theirs))
        missing = dict(every_operation(self.operator, MISSING))
        self.assertEqual(len(foreign), 7)
        for operation, reply in foreign.items():
            fault = reply.fault()
            self.assertEqual((fault["subcode"], fault["detail"], fault["wsman"]),
                             ("a:DestinationUnreachable", "InvalidResourceURI", 2150858752), operation)
            self.assertEqual(without_ids(reply), without_ids(missing[operation]), operation)
        self.assertEqual(self.admin.properties(self.theirs)["Priority"], "2")
        self.assertEqual(self.admin.properties(self.theirs)["FilesTotal"], "1")

    def test_an_operator_does_everything_with_his_own_job(self):
        for operation, reply in every_operation(self.operator, self.own):
            self.assertEqual(reply.status, 200, f"{operation}: {reply.text}")

    def test_enumerations_hold_what_the_role_sees(self):
        self.assertEqual(self.names(self.admin), ["own", "theirs"])
        self.assertEqual(self.names(self.operator), ["own"])
        self.assertEqual(self.names(self.viewer), [])
        reply = self.operator.call(
            ENUMERATION + "Enumerate", "<n:Enumerate><w:OptimizeEnumeration/></n:Enumerate>",
            headers="<w:RequestTotalItemsCountEstimate/>")
        self.assertEqual(reply.header("w:TotalItemsCountEstimate"), "1")
        nobody = self.connect(NOBODY, NOBODY_PASSWORD)
        self.assertEqual(nobody.get(self.own).fault()["subcode"], "w:AccessDenied")

    def test_an_administrator_alters_the_jobs_of_others(self):
        self.assertEqual(self.admin.set(self.own, Priority=1).status, 200)
        self.assertEqual(self.operator.properties(self.own)["Priority"], "1")
        self.assertEqual(self.admin.state(self.own, 0), 0)

    def test_nobody_uses_the_enumeration_of_another(self):
        started = self.admin.call(ENUMERATION + "Enumerate", "<n:Enumerate/>")
        context = started.body.find("n:EnumerationContext", NS).text
        unknown = "uuid:00000000-0000-0000-0000-000000000000"
        for operation in ("Pull", "Release"):
            foreign, missing = (without_ids(self.operator.call(
                ENUMERATION + operation,
                f"<n:{operation}><n:EnumerationContext>{name}</n:EnumerationContext></n:{operation}>"))
                for name in (context, unknown))
            self.assertEqual(foreign, missing)

    def test_nobody_manages_the_subscription_of_another(self):
        identifier = self.subscribe(self.admin)
        for operation, body in (("Renew", f'<e:Renew xmlns:e="{EVENTING}"/>'), ("GetStatus", ""),
                                ("Unsubscribe", "")):
            foreign, missing = (without_ids(self.operator.call(
                f"{EVENTING}/{operation}", body,
                headers=f'<e:Identifier xmlns:e="{EVENTING}">{name}</e:Identifier>'))
                for name in (identifier, "uuid:00000000-0000-0000-0000-000000000000"))
            self.assertEqual(foreign[0], 500)
            self.assertEqual(foreign, missing, operation)

    def subscribe(self, client):
        reply = client.call(EVENTING + "/Subscribe", f'<e:Subscribe xmlns:e="{EVENTING}">'
                            f'<e:Delivery Mode="{PULL}"/></e:Subscribe>')
        self.assertEqual(reply.status, 200, reply.text)
        return reply.body.find("n:EnumerationContext", NS).text

    def pull(self, client, context, patience="PT3S"):
        return client.call(ENUMERATION + "Pull", f"<n:Pull><n:EnumerationContext>{context}"
                           f"</n:EnumerationContext><n:MaxTime>{patience}</n:MaxTime>"
                           "<n:MaxElements>100</n:MaxElements></n:Pull>")

    def test_events_tell_who_is_no_administrator_of_his_own_jobs_only(self):
        contexts = {client: self.subscribe(client) for client in (self.operator, self.viewer, self.admin)}
        self.admin.set(self.theirs, DisplayName="secret")
        self.operator.state(self.own, 0)
        told = self.pull(self.operator, contexts[self.operator]).text
        self.assertIn("__InstanceDeletionEvent", told)
        self.assertIn(self.own, told)
        self.assertNotIn(self.theirs, told)
        self.assertNotIn("secret", told)
        self.assertIn("secret", self.pull(self.admin, contexts[self.admin]).text)
        self.assertEqual(self.pull(self.viewer, contexts[self.viewer], "PT0.5S").fault()["subcode"], "w:TimedOut")

    def test_a_viewer_is_told_of_a_foreign_job_what_he_is_told_of_a_missing_one(self):
        for job in (self.theirs, self.own):
            for name, foreign in every_operation(self.viewer, job):
                missing = dict(every_operation(self.viewer, MISSING))[name]
                self.assertEqual(without_ids(foreign), without_ids(missing), name)
                self.assertEqual(foreign.status, 500, name)

    def test_viewers_read_all_jobs_where_the_setting_says_so(self):
        with Daemon(settings=VIEWERS_SEE_ALL) as daemon:
            job = self.connect(host=daemon).create("http://127.0.0.1:1/x", r"C:\v\x.bin")
            viewer = self.connect(VIEWER, VIEWER_PASSWORD, host=daemon)
            self.assertEqual(self.names(viewer), ["TestJob"])
            self.assertEqual(viewer.properties(job)["JobId"], job)
            context = self.subscribe(viewer)
            self.connect(host=daemon).set(job, DisplayName="secret")
            self.assertIn("secret", self.pull(viewer, context).text)

    def test_the_limit_of_jobs_counts_for_each_account_by_itself(self):
        with Daemon(settings="[jobs]\nmax_per_user = 2\n") as daemon:
            operator = self.connect(OPERATOR, OPERATOR_PASSWORD, host=daemon)
            admin = self.connect(host=daemon)
            for index in range(3):
                admin.create("http://127.0.0.1:1/x", rf"C:\v\a{index}.bin")
            for index in range(2):
                operator.create("http://127.0.0.1:1/x", rf"C:\v\o{index}.bin")
            reply = operator.invoke("CreateJob", DisplayName="3", RemoteUrl="http://127.0.0.1:1/x",
                                    LocalFile=r"C:\v\o3.bin")
            self.assertEqual(reply.fault()["subcode"], "w:QuotaLimit")
            self.assertEqual(len(operator.enumerate()), 2)
            self.assertEqual(len(admin.enumerate()), 5)


if __name__ == "__main__":
    unittest.main()
