"""Clients nobody here wrote log in with Kerberos tickets of a realm made for the test."""
import random
import subprocess
import unittest
import unittest.mock

import winrm.transport
from winrm.protocol import Protocol

from support.daemon import PASSWORD, USER, Daemon, wait_until
from support.kdc import REALM, Kdc
from support.kerberos import (FLAGS, KERBEROS, SEALING, SPNEGO, SealedAuth, SealedConnection,
                              end_point_binding, frame, parse_frame, seal, start_context)
from support.origin import Origin
from support.pywinrm import JobSteps, send
from support.wsman import BITS, ENUMERATION, TRANSFER, envelope

ROBOT = "robot/web1.test"
EVE = "eve"
GROUP = "night-shift"


def local(url):
    """The endpoint under the name that the service has keys for."""
    return url.replace("127.0.0.1", "localhost")


def own_address():
    """Failures count against their source address: each connection gets one of its own."""
    return ".".join(["127", *(str(random.randint(1, 254)) for _ in range(3))])


class KerberosCase(unittest.TestCase):
    channel_binding = "relaxed"
    realm_settings = ""
    ntlm = False

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.kdc = Kdc(extra=cls.realm_settings).start()
        cls.addClassCleanup(cls.kdc.__exit__)
        for name in (USER, ROBOT, EVE):
            cls.kdc.add_user(name, PASSWORD)
        cls.keytab = cls.kdc.add_service("HTTP/localhost", "WSMAN/localhost", "cifs/localhost")
        cls.daemon = Daemon(
            http=True, ntlm=cls.ntlm, administrators=[f"{ROBOT}@{REALM}"],
            auth_settings=f'keytab = "{cls.keytab}"\nkerberos_realm = "{REALM}"\n'
                          f'channel_binding = "{cls.channel_binding}"',
            settings='[log]\nlevel = "debug"', viewing_groups=[GROUP]).start(environment=cls.kdc.environment)
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.login = cls.kdc.login(USER, PASSWORD)

    def setUp(self):
        self.use(self.login)

    def use(self, login):
        applied = self.kdc.applied(login)
        applied.__enter__()
        self.addCleanup(applied.__exit__, None, None, None)

    def connect(self, scheme="Kerberos", url=None, **context):
        connection = SealedConnection(url or self.daemon.http_url, start_context(**context), scheme,
                                      str(self.daemon.certificate), own_address())
        self.addCleanup(connection.close)
        return connection

    def logged_in(self, *arguments, **keywords):
        connection = self.connect(*arguments, **keywords)
        answer = connection.log_in()
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertTrue(connection.context.complete)
        return connection


def enumerate_text(padding=0):
    """An Enumerate of all jobs, made longer by a comment."""
    return envelope("http://localhost/wsman", ENUMERATION + "Enumerate",
                    "<n:Enumerate><!--" + "x" * padding + "--></n:Enumerate>").encode()


def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (b"" if size < 128 else bytes([0x80 | len(length)])) + length + content


def response(field, content):
    """A later SPNEGO token of the client: field 2 is the mechanism's token, 3 the mechListMIC."""
    return der(0xA1, der(0x30, der(0xA0 | field, der(0x04, content))))


def mechanism_token(reply):
    """The Kerberos token in a SPNEGO token of the server."""
    start = reply.index(bytes.fromhex("06092a864886f712010202"), reply.index(b"\xa2")) - 2
    while reply[start] != 0x60:
        start -= 1
    size = reply[start + 1]
    head = 2
    if size & 0x80:
        head += size & 0x7F
        size = int.from_bytes(reply[start + 2:start + head], "big")
    return reply[start:start + head + size]


def create_text():
    return envelope("http://localhost/wsman", BITS + "/CreateJob",
                    f'<p:CreateJob_INPUT xmlns:p="{BITS}"><p:DisplayName>kerberos</p:DisplayName>'
                    "<p:RemoteUrl>http://127.0.0.1/f</p:RemoteUrl><p:LocalFile>C:\\f</p:LocalFile>"
                    "<p:Type>0</p:Type></p:CreateJob_INPUT>").encode()


class PywinrmTest(JobSteps, KerberosCase):
    def protocol(self, endpoint=None, encryption="always", **options):
        return Protocol(endpoint=local(endpoint or self.daemon.http_url), transport="kerberos",
                        message_encryption=encryption, ca_trust_path=str(self.daemon.certificate), **options)

    def test_a_job_from_create_to_complete_with_every_message_sealed(self):
        with unittest.mock.patch.object(winrm.transport, "HTTPKerberosAuth", SealedAuth):
            self.run_a_job(self.protocol(), "http.bin")

    def test_the_service_may_be_called_wsman(self):
        with unittest.mock.patch.object(winrm.transport, "HTTPKerberosAuth", SealedAuth):
            self.run_a_job(self.protocol(service="WSMAN"), "wsman.bin")

    def test_over_https_messages_need_no_seal(self):
        self.run_a_job(self.protocol(self.daemon.url, "never"), "https.bin")

    def test_messages_in_clear_text_are_refused_by_name(self):
        with self.assertRaises(Exception) as raised:
            send(self.protocol(encryption="never"), TRANSFER + "Get")
        self.assertIn("server.allow_unencrypted", str(raised.exception) + str(vars(raised.exception)))

    def test_without_a_ticket_nobody_is_known(self):
        self.use({})
        with self.assertRaises(Exception):
            send(self.protocol(encryption="never"), TRANSFER + "Get")


class SealedMessagesTest(KerberosCase):
    def assert_not_executed(self, connection, body, content_type=None):
        """The message is refused without a word, and the session is over."""
        answer = connection.post(body, content_type or connection.sealed_type)
        self.assertEqual((answer.status, answer.body), (400, b""))

    def count_jobs(self):
        reply = self.logged_in().call(envelope(
            "http://localhost/wsman", ENUMERATION + "Enumerate",
            "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>500</w:MaxElements></n:Enumerate>").encode())[1]
        return reply.count("<p:JobId>")

    def test_both_schemes_and_both_forms_of_the_token_lead_to_sealed_calls(self):
        for scheme, mech in (("Kerberos", KERBEROS), ("Negotiate", KERBEROS), ("Negotiate", SPNEGO),
                             ("Kerberos", SPNEGO)):
            with self.subTest(scheme=scheme, mech=mech):
                connection = self.logged_in(scheme, mech=mech)
                for _ in range(3):
                    status, reply = connection.call(enumerate_text())
                    self.assertEqual(status, 200)
                    self.assertIn("EnumerateResponse", reply)

    def test_roles_know_users_without_their_realm_and_others_with_it(self):
        self.kdc.add_user(USER + "/admin", PASSWORD)
        for name, status in ((USER, 200), (ROBOT, 200), (EVE, 500), (USER + "/admin", 500)):
            with self.subTest(name=name):
                self.use(self.kdc.login(name, PASSWORD))
                answer, reply = self.logged_in().call(enumerate_text())
                self.assertEqual(answer, status)
                self.assertEqual("AccessDenied" in reply, status == 500)

    def test_groups_of_the_users_file_are_those_of_exactly_that_name(self):
        """A password for a similar name is another person's, whatever his groups."""
        users = self.daemon.folder / "users"
        before = users.read_text()
        self.addCleanup(users.write_text, before)
        self.use(self.kdc.login(EVE, PASSWORD))
        connection = self.logged_in()
        self.kdc.add_user(EVE + "/admin", PASSWORD)
        self.use(self.kdc.login(EVE + "/admin", PASSWORD))
        admin = self.logged_in()
        for line, who, status in (
                ("", connection, 500), (f"{EVE}:*\n", connection, 500), (f"{EVE}:*:{GROUP}\n", connection, 200),
                (f"{EVE.upper()}:*:{GROUP}\n", connection, 500), (f"{EVE}@{REALM}:*:{GROUP}\n", connection, 500),
                (f"{EVE}:*:{GROUP}x\n", connection, 500), (f"{EVE}:*:{GROUP}\n", admin, 500),
                (f"{EVE}/admin:*:{GROUP}\n", admin, 500), (f"{EVE}/admin@{REALM}:*:{GROUP}\n", admin, 200)):
            with self.subTest(line=line, service=who is admin):
                users.write_text(before + line)
                answer, reply = who.call(enumerate_text())
                self.assertEqual(answer, status)
                self.assertEqual("AccessDenied" in reply, status == 500)

    def test_large_messages_are_read_to_the_limit(self):
        small = len(enumerate_text())
        for size, status in ((511_999, 200), (512_000, 200), (512_001, 500)):
            with self.subTest(size=size):
                connection = self.logged_in()
                answer = connection.post(connection.sealed(enumerate_text(size - small)), connection.sealed_type)
                self.assertEqual(answer.status, status)
                self.assertIn("EnumerateResponse" if status == 200 else "EncodingLimit",
                              connection.open(answer))

    def test_clear_text_after_a_login_is_refused_by_name(self):
        before = self.count_jobs()
        answer = self.logged_in().post(create_text())
        self.assertEqual(answer.status, 500)
        self.assertIn(b"server.allow_unencrypted", answer.body)
        self.assertEqual(self.count_jobs(), before)

    def test_an_altered_message_is_not_executed_whichever_byte_it_is(self):
        before = self.count_jobs()
        size = len(b"".join(seal(self.logged_in().context, create_text().ljust(2000))))
        self.assertGreater(size, 2000)
        for position in range(size):
            connection = self.logged_in()
            signature, data = seal(connection.context, create_text().ljust(2000))
            sealed = bytearray(signature + data)
            sealed[position] ^= 1 << position % 8
            answer = connection.post(frame(bytes(sealed[:len(signature)]), bytes(sealed[len(signature):]),
                                           len(data), connection.protocol), connection.sealed_type)
            self.assertEqual((answer.status, answer.body), (400, b""), position)
            connection.close()
        self.assertEqual(self.count_jobs(), before)

    def test_a_repeated_message_is_not_executed(self):
        before = self.count_jobs()
        connection = self.logged_in()
        message = connection.sealed(create_text())
        self.assertEqual(connection.post(message, connection.sealed_type).status, 200)
        self.assert_not_executed(connection, message)
        self.assertEqual(self.count_jobs(), before + 1)

    def test_a_client_that_does_not_count_its_messages_cannot_repeat_them_either(self):
        connection = self.logged_in(flags=FLAGS.mutual_authentication | FLAGS.confidentiality)
        message = connection.sealed(enumerate_text())
        self.assertEqual(connection.post(message, connection.sealed_type).status, 200)
        self.assert_not_executed(connection, message)

    def test_a_message_of_another_connection_is_not_executed(self):
        first, second = self.logged_in(), self.logged_in()
        self.assert_not_executed(second, first.sealed(create_text()))

    def test_a_message_that_is_only_signed_is_not_executed(self):
        connection = self.logged_in()
        token = connection.context.wrap(create_text(), False).message
        self.assert_not_executed(connection, frame(token[:60], token[60:], len(token) - 60, "Kerberos"))

    def test_a_token_of_gss_wrap_is_read_too(self):
        connection = self.logged_in()
        text = enumerate_text()
        token = connection.context.wrap(text, True).message
        answer = connection.post(frame(token[:60], token[60:], len(text), "Kerberos"), connection.sealed_type)
        self.assertIn("EnumerateResponse", connection.open(answer))

    def test_a_reply_reads_as_one_token_too(self):
        connection = self.logged_in()
        answer = connection.post(connection.sealed(enumerate_text()), connection.sealed_type)
        _, length, signature, data = parse_frame(answer.body)
        self.assertEqual((len(signature), len(data)), (60, length))
        self.assertIn(b"EnumerateResponse", connection.context.unwrap(signature + data).message)

    def test_the_message_may_come_with_the_token_where_one_token_is_enough(self):
        connection = self.connect(flags=SEALING & ~FLAGS.mutual_authentication)
        token = connection.context.step()
        answer = connection.send_token(token, connection.sealed(enumerate_text()), connection.sealed_type)
        self.assertEqual(answer.status, 200)
        self.assertIn("EnumerateResponse", connection.open(answer))


class LoginTest(KerberosCase):
    def assert_refused(self, connection, token=None):
        answer = connection.send_token(token or connection.context.step())
        self.assertEqual((answer.status, answer.body, answer.challenges[:2]),
                         (401, b"", ["Negotiate", "Kerberos"]))
        answer = connection.post(create_text())
        self.assertEqual((answer.status, answer.body), (401, b""))

    def test_strangers_are_told_what_is_offered(self):
        self.assertEqual(self.connect().post(create_text()).challenges, ["Negotiate", "Kerberos"])
        self.assertEqual(self.connect(url=self.daemon.url).post(create_text()).challenges,
                         ["Negotiate", "Kerberos", 'Basic realm="WSMAN"'])

    def test_a_ticket_for_another_service_is_refused(self):
        self.kdc.add_service("HTTP/elsewhere")
        self.assert_refused(self.connect(service="HTTP@elsewhere"))
        self.assert_refused(self.connect(service="cifs@localhost"))

    def test_a_key_without_aes_is_refused(self):
        self.kdc.add_service("HTTP/old", "HTTP/half", keytab=self.keytab, encryption="arcfour-hmac:normal")
        self.kdc.kadmin("setstr HTTP/half session_enctypes aes256-cts-hmac-sha1-96")
        for service in ("HTTP@old", "HTTP@half"):
            with self.subTest(service=service):
                self.assert_refused(self.connect(service=service))

    def test_a_client_that_does_not_seal_is_refused_where_there_is_no_tls(self):
        options = {"flags": FLAGS.mutual_authentication, "sealing": False}
        self.assert_refused(self.connect(**options))
        self.assertEqual(self.connect(url=self.daemon.url, **options).log_in().status, 200)

    def test_a_login_is_accepted_once(self):
        connection = self.connect()
        token = connection.context.step()
        self.assertEqual(connection.send_token(token).status, 200)
        self.assert_refused(self.connect(), token)
        self.assert_refused(self.connect(url=self.daemon.url, scheme="Negotiate"), token)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start(environment=self.kdc.environment)
        self.assert_refused(self.connect(), token)

    def test_an_altered_login_is_refused(self):
        for position in range(20, 600, 29):
            connection = self.connect()
            token = bytearray(connection.context.step())
            token[-position] ^= 1
            answer = connection.send_token(bytes(token))
            self.assertEqual((answer.status, answer.body), (401, b""), position)
            connection.close()

    def test_tokens_of_64_kib_reach_the_login(self):
        for size in (12_000, 48_000, 65_535, 65_536, 65_537):
            with self.subTest(size=size):
                oid = bytes.fromhex("06092a864886f712010202")
                token = der(0x60, oid + bytes(size - len(oid) - (4 if size < 65_536 + 4 else 5)))
                self.assertEqual(len(token), size)
                self.assert_refused(self.connect(), token)

    def test_failures_are_throttled_for_their_source(self):
        source = own_address()

        def answer(alter):
            token = bytearray(start_context().step())
            token[-1] ^= alter
            with SealedConnection(self.daemon.http_url, None, source=source) as connection:
                return connection.send_token(bytes(token)).status
        for _ in range(12):
            self.assertEqual(answer(0), 200, "success costs nothing")
        for _ in range(12):
            self.assertEqual(answer(1), 401)
        self.assertEqual(answer(0), 401)

    def test_a_new_key_counts_at_once(self):
        keytab_before = self.keytab.read_bytes()
        self.kdc.kadmin(f"ktadd -k {self.keytab} HTTP/localhost")
        self.assertNotEqual(self.keytab.read_bytes(), keytab_before)
        self.use(self.kdc.login(USER, PASSWORD))
        self.assertEqual(self.logged_in().call(enumerate_text())[0], 200)

    def test_a_client_whose_first_choice_is_unknown_signs_its_choices(self):
        kerberos, unknown = bytes.fromhex("06092a864886f712010202"), bytes.fromhex("060a2b06010401823702021e")
        choices = der(0x30, unknown + kerberos)
        init = der(0x60, bytes.fromhex("06062b0601050502")
                   + der(0xA0, der(0x30, der(0xA0, choices) + der(0xA2, der(0x04, b"unknown")))))
        for listed, status in ((choices, 200), (der(0x30, kerberos), 401), (None, 401)):
            connection = self.connect("Negotiate")
            asked = connection.token_in(connection.send_token(init))
            self.assertIn(bytes.fromhex("a0030a0103"), asked, "request-mic")
            answer = connection.send_token(response(2, connection.context.step()))
            self.assertEqual(answer.status, 401)
            reply = connection.token_in(answer)
            connection.context.step(mechanism_token(reply))
            connection.context.verify_signature(choices, reply[-28:])
            mic = connection.context.get_signature(listed or choices)
            last = connection.send_token(response(3, mic) if listed else response(2, b"more"))
            self.assertEqual(last.status, status)
            if status == 200:
                self.assertEqual(connection.call(enumerate_text())[0], 200)

    def test_curl_logs_in_and_is_told_to_seal(self):
        for url, status, text in ((self.daemon.http_url, "500", "server.allow_unencrypted"),
                                  (self.daemon.url, "200", "EnumerateResponse")):
            done = subprocess.run(
                ["curl", "-sS", "--interface", own_address(), "--negotiate", "-u", ":", "--cacert", str(self.daemon.certificate),
                 "-w", "\n%{http_code}", "-H", "Content-Type: application/soap+xml;charset=UTF-8",
                 "--data-binary", "@-", local(url)],
                input=enumerate_text().decode(), capture_output=True, text=True, timeout=30, check=True)
            body, code = done.stdout.rsplit("\n", 1)
            self.assertEqual(code, status)
            self.assertIn(text, body)


class BothMechanismsTest(KerberosCase):
    """A service with NT hashes and a keytab."""

    ntlm = True

    def test_the_client_gets_what_it_prefers(self):
        for mech in (KERBEROS, SPNEGO):
            self.assertEqual(self.logged_in("Negotiate", mech=mech).call(enumerate_text())[0], 200)
        ntlm = self.connect("Negotiate")
        first = bytes.fromhex("4e544c4d5353500001000000378208e0") + bytes(16)
        self.assertTrue(ntlm.token_in(ntlm.send_token(first)).startswith(b"NTLMSSP"))

    def test_the_scheme_kerberos_is_no_way_in_for_ntlm(self):
        connection = self.connect("Kerberos")
        answer = connection.send_token(bytes.fromhex("4e544c4d5353500001000000378208e0") + bytes(16))
        self.assertEqual((answer.status, connection.token_in(answer)), (401, None))


class ChannelBindingCases:
    """HTTPS, with the right binding, a wrong one and none; and plain HTTP with one."""

    def test_a_binding_is_checked_as_the_setting_says(self):
        right = end_point_binding(self.daemon.certificate)
        cases = {"right": (self.daemon.url, right), "none": (self.daemon.url, None),
                 "wrong": (self.daemon.url, right[:-1] + b"x"), "relayed": (self.daemon.http_url, right)}
        for name, (url, binding) in cases.items():
            for scheme, mech in (("Kerberos", KERBEROS), ("Negotiate", SPNEGO)):
                with self.subTest(name=name, scheme=scheme):
                    answer = self.connect(scheme, url, mech=mech, binding=binding).log_in()
                    self.assertEqual(answer.status, 200 if name in self.accepted else 401)


class NoBindingTest(ChannelBindingCases, KerberosCase):
    channel_binding = "none"
    accepted = ("right", "none", "wrong", "relayed")


class RelaxedBindingTest(ChannelBindingCases, KerberosCase):
    accepted = ("right", "none")


class StrictBindingTest(ChannelBindingCases, KerberosCase):
    channel_binding = "strict"
    accepted = ("right",)


class ExpiryTest(KerberosCase):
    realm_settings = "clockskew = 1"

    def test_a_session_ends_with_its_ticket(self):
        self.use(self.kdc.login(USER, PASSWORD, "-l", "3s"))
        connection = self.logged_in()
        late = self.connect()
        token = late.context.step()
        self.assertEqual(connection.call(enumerate_text())[0], 200)

        def refused():
            answer = connection.post(connection.sealed(enumerate_text()), connection.sealed_type)
            return answer.status == 401
        wait_until(refused, 20, "the session is over", 0.2)
        self.assertEqual(late.send_token(token).status, 401)


if __name__ == "__main__":
    unittest.main()
