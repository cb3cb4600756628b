"""Subscriptions to events of BitsClientJob, pulled from a real daemon."""
import concurrent.futures
import time
import unittest

from support.daemon import VIEWER, VIEWER_PASSWORD, VIEWERS_SEE_ALL, Daemon
from support.origin import Origin
from support.wsman import BITS, ENUMERATION, NS, Wsman

EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing"
PULL = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"
WQL = "http://schemas.microsoft.com/wbem/wsman/1/WQL"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
TIMED_OUT = 2150858793


def local(element):
    return element.tag.split("}")[-1]


def embedded(event, name):
    """The properties of TargetInstance or PreviousInstance."""
    for child in event:
        if local(child) == name:
            return {inner.tag.split("}")[-1]: inner.text for inner in child}
    return None


class EventsTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.origin.put("small.bin", b"small" * 1000)
        cls.daemon = Daemon(settings=VIEWERS_SEE_ALL).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.__exit__()
        cls.origin.__exit__()

    def setUp(self):
        self.driver = self.connect()
        self.subscriber = self.connect()

    def connect(self, **who):
        client = Wsman(self.daemon, **who)
        self.addCleanup(client.close)
        return client

    def subscribe(self, query=None, client=None, resource=BITS, more=""):
        """(context, identifier) of a subscription that ends with the test."""
        client = client or self.subscriber
        wql = f'<w:Filter Dialect="{WQL}">{query}</w:Filter>' if query else ""
        reply = client.call(EVENTING + "/Subscribe",
                            f'<e:Subscribe xmlns:e="{EVENTING}"><e:Delivery Mode="{PULL}">{more}'
                            f'</e:Delivery>{wql}</e:Subscribe>', resource=resource)
        self.assertEqual(reply.status, 200, reply.text)
        names = {local(element): element.text for element in reply.body.iter()}
        self.addCleanup(self.manage, "Unsubscribe", names["Identifier"], client, resource)
        return names["EnumerationContext"], names["Identifier"]

    def manage(self, operation, identifier, client=None, resource=BITS, body=""):
        return (client or self.subscriber).call(
            f"{EVENTING}/{operation}", body, resource=resource,
            headers=f'<e:Identifier xmlns:e="{EVENTING}">{identifier}</e:Identifier>')

    def pull(self, context, client=None, seconds=5, elements=100):
        return (client or self.subscriber).call(
            ENUMERATION + "Pull",
            f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
            f"<n:MaxTime>PT{seconds}S</n:MaxTime><n:MaxElements>{elements}</n:MaxElements></n:Pull>")

    def events_until(self, context, is_last, client=None):
        """All events up to the one that is_last accepts."""
        events = []
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            reply = self.pull(context, client)
            if reply.status == 500:
                self.assertEqual(reply.fault()["wsman"], TIMED_OUT, reply.text)
                continue
            for event in reply.body.find("n:Items", NS):
                events.append(event)
                if is_last(event):
                    return events
        self.fail(f"the last event did not come; {[local(event) for event in events]}")

    def test_a_subscriber_sees_a_job_being_made_changed_and_removed_in_order(self):
        context, _ = self.subscribe()
        job = self.driver.download(self.origin.url("small.bin"), r"C:\events\small.bin")
        events = self.events_until(context, lambda event: local(event) == "__InstanceDeletionEvent")
        names = [local(event) for event in events]
        self.assertEqual(names[0], "__InstanceCreationEvent")
        self.assertEqual(set(names[1:-1]), {"__InstanceModificationEvent"})
        self.assertEqual({embedded(event, "TargetInstance")["JobId"] for event in events}, {job})
        for earlier, later in zip(events, events[1:-1]):
            self.assertEqual(embedded(later, "PreviousInstance"), embedded(earlier, "TargetInstance"))
        states = [int(embedded(event, "TargetInstance")["State"]) for event in events]
        self.assertEqual(states[0], 3)
        self.assertEqual([state for state in (3, 0, 6) if state in states], [3, 0, 6])
        self.assertLess(states.index(0), states.index(6))

    def test_an_event_carries_the_instance_as_get_gives_it(self):
        context, _ = self.subscribe(
            "SELECT * FROM __InstanceModificationEvent WITHIN 0.5 WHERE "
            "TargetInstance ISA 'BitsClientJob' AND TargetInstance.DisplayName = 'seen' "
            "AND PreviousInstance.DisplayName &lt;&gt; 'seen'")
        job = self.driver.create(self.origin.url("small.bin"), r"C:\events\seen.bin")
        self.assertEqual(self.driver.set(job, DisplayName="seen").status, 200)
        self.assertEqual(self.driver.set(job, DisplayName="seen", Description="again").status, 200)
        reply = self.pull(context)
        self.assertEqual(reply.status, 200, reply.text)
        [event] = list(reply.body.find("n:Items", NS))
        [target] = [child for child in event if local(child) == "TargetInstance"]
        self.assertEqual(target.get(XSI_TYPE), "p1:BitsClientJob_Type")
        self.assertIn(f'xmlns:p1="{BITS}"', reply.text)
        self.assertEqual(set(embedded(event, "TargetInstance")), set(self.driver.properties(job)))
        self.assertEqual(self.pull(context, seconds=1).fault()["wsman"], TIMED_OUT)
        self.driver.state(job, 0)

    def test_a_waiting_pull_is_answered_when_the_state_changes(self):
        job = self.driver.create(self.origin.url("small.bin"), r"C:\events\wait.bin")
        context, _ = self.subscribe("SELECT * FROM __InstanceDeletionEvent WHERE TargetInstance ISA "
                                    "'BitsClientJob'")
        self.driver.get(job)  # connected and authenticated
        self.subscriber.get(job)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(lambda: (self.pull(context, seconds=30), time.monotonic()))
            self.assertRaises(concurrent.futures.TimeoutError, answer.result, 0.3)
            began = time.monotonic()
            self.driver.state(job, 0)
            reply, seen = answer.result(10)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertLess(seen - began, 3)
        print(f"the event came {1000 * (seen - began):.1f} ms after the change was asked for")

    def test_viewers_subscribe_and_nobody_pulls_for_another(self):
        viewer = self.connect(user=VIEWER, password=VIEWER_PASSWORD)
        context, identifier = self.subscribe(client=viewer)
        job = self.driver.create(self.origin.url("small.bin"), r"C:\events\viewer.bin")
        for reply in (self.pull(context), self.pull("uuid:00000000-0000-0000-0000-000000000000")):
            self.assertEqual(reply.fault()["subcode"], "n:InvalidEnumerationContext")
        self.assertEqual(self.manage("Unsubscribe", identifier).status, 500)
        self.assertEqual(self.pull(context, viewer).status, 200)
        self.driver.state(job, 0)

    def test_renew_status_and_unsubscribe_go_by_the_identifier(self):
        context, identifier = self.subscribe()
        body = f'<e:Renew xmlns:e="{EVENTING}"><e:Expires>PT90.000000S</e:Expires></e:Renew>'
        self.assertIn("<e:Expires>PT90S<", self.manage("Renew", identifier, body=body).text)
        self.assertIn("<e:Expires>PT", self.manage("GetStatus", identifier).text)
        self.assertEqual(self.manage("Unsubscribe", identifier).status, 200)
        self.assertEqual(self.pull(context).fault()["subcode"], "n:InvalidEnumerationContext")
        self.assertEqual(self.manage("Renew", identifier, body=body).fault()["subcode"],
                         "e:UnableToRenew")

    def test_the_wildcard_takes_queries_that_name_the_class(self):
        for resource in (BITS.rsplit("/", 1)[0] + "/*", "http://schemas.dmtf.org/wbem/wscim/1/*"):
            context, _ = self.subscribe("SELECT * FROM __InstanceCreationEvent WITHIN 1 WHERE "
                                        "TargetInstance ISA 'BitsClientJob'", resource=resource)
            job = self.driver.create(self.origin.url("small.bin"), r"C:\events\wild.bin")
            reply = self.subscriber.call(
                ENUMERATION + "Pull", f"<n:Pull><n:EnumerationContext>{context}</n:EnumerationContext>"
                "<n:MaxTime>PT5S</n:MaxTime></n:Pull>", resource=resource)
            self.assertIn("__InstanceCreationEvent", reply.text)
            self.assertIn(job, reply.text)
            self.driver.state(job, 0)

    def test_stopping_the_daemon_answers_a_pull_that_waits(self):
        with Daemon() as daemon:
            client = Wsman(daemon)
            self.addCleanup(client.close)
            context, _ = self.subscribe(client=client)
            self._cleanups.pop()  # there is nothing left to unsubscribe from
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                answer = pool.submit(self.pull, context, client, 30)
                self.assertRaises(concurrent.futures.TimeoutError, answer.result, 0.3)
                began = time.monotonic()
                self.assertEqual(daemon.stop(), 0)
                self.assertEqual(answer.result(5).fault()["subcode"], "a:EndpointUnavailable")
            self.assertLess(time.monotonic() - began, 4)

    def test_62_and_65_openwsman_subscribes_and_the_mi_client_pulls(self):
        self.assertEqual(self.subscriber.corpus("62-", authorize=False).status, 401)
        client = self.connect()
        reply = client.corpus("62-")
        self.assertEqual(reply.status, 200, reply.text)
        names = {local(element): element.text for element in reply.body.iter()}
        self.assertEqual(names["Expires"], "PT600S")
        self.assertEqual(names["ResourceURI"], BITS)
        self.assertTrue(names["Identifier"])
        context = names["EnumerationContext"]
        quiet = client.corpus("65-", context=context)
        self.assertEqual(quiet.fault()["wsman"], TIMED_OUT)
        self.assertEqual(quiet.fault()["code"], "s:Receiver")
        job = self.driver.create(self.origin.url("small.bin"), r"C:\events\corpus.bin")
        self.assertEqual(self.driver.set(job, Priority=0).status, 200)
        reply = client.corpus("65-", context=context)
        self.assertEqual(reply.status, 200, reply.text)
        self.assertIn("<p:__InstanceModificationEvent ", reply.text)
        self.assertRegex(reply.text, r'<p:TargetInstance [^>]*xsi:type="p1:BitsClientJob_Type"')
        self.driver.state(job, 0)
        self.assertEqual(self.manage("Unsubscribe", names["Identifier"], client).status, 200)

    def test_n59_another_delivery_mode_is_refused_with_the_one_there_is(self):
        reply = self.subscriber.corpus("N59-")
        self.assertEqual(reply.status, 500)
        fault = reply.fault()
        self.assertEqual(fault["subcode"], "e:DeliveryModeRequestedUnavailable")
        self.assertEqual(fault["wsman"], 2150858782)
        self.assertIn(f"<e:SupportedDeliveryMode>{PULL}</e:SupportedDeliveryMode>", reply.text)


if __name__ == "__main__":
    unittest.main()
