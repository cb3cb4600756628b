"""Proxies of jobs: configured, their own, none; plain, tunnels, with passwords, dead ones."""
import unittest

from job_credentials import (BASIC, DIGEST, PROXY, SERVER, USERS, get_error, return_value, run,
                             set_credentials)
from support.auth_servers import CONTENT, AuthOrigin, Proxy
from support.daemon import Daemon
from support.origin import Origin, free_port
from support.wsman import ERROR, TRANSFERRED, Wsman

PRECONFIG, NO_PROXY, OVERRIDE, AUTODETECT = range(4)
HTTP_407 = 0x80190197


class JobProxiesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.configured, cls.own, cls.guarded = Proxy(), Proxy(), Proxy(USERS)
        cls.origin = AuthOrigin(USERS)
        cls.tls = Origin().start()
        cls.daemon = Daemon(settings=f"""
[transfers]
proxy = "127.0.0.1:{cls.configured.port}"
proxy_bypass = "*.invalid localhost"
ca_file = "{cls.tls.certificate}"
connect_timeout = "2s"
quick_tries = 0
[log]
level = "debug"
""").start(environment={"http_proxy": "http://127.0.0.1:1", "https_proxy": "http://127.0.0.1:1",
                        "all_proxy": "http://127.0.0.1:1", "no_proxy": "*"})
        cls.client = Wsman(cls.daemon)

    @classmethod
    def tearDownClass(cls):
        cls.client.close()
        cls.daemon.__exit__()
        cls.tls.__exit__()
        for server in (cls.configured, cls.own, cls.guarded, cls.origin):
            server.stop()

    def job(self, url, usage=None, proxies=None, bypass=None):
        job = self.client.create(url, rf"C:\dir\{self.id()[-20:]}{usage}.bin")
        if usage is not None:
            lists = {"ProxyList": proxies, "ProxyBypassList": bypass}
            reply = self.client.invoke("SetProxySettings", job, ProxyUsage=usage,
                                       **{name: value for name, value in lists.items() if value})
            self.assertEqual(return_value(reply), 0)
        return job

    def at(self, proxy):
        return f"127.0.0.1:{proxy.port}"

    def seen(self, proxy, needle):
        return [r for r in proxy.requests if needle in r["path"]]

    def test_each_usage_takes_its_way(self):
        for usage, proxies, way in ((None, None, self.configured), (PRECONFIG, None, self.configured),
                                    (AUTODETECT, None, self.configured), (NO_PROXY, None, None),
                                    (OVERRIDE, self.at(self.own), self.own)):
            with self.subTest(usage=usage):
                path = f"/open/usage{usage}"
                self.assertEqual(run(self.client, self.job(self.origin.url(path), usage, proxies)),
                                 TRANSFERRED)
                for proxy in (self.configured, self.own):
                    self.assertEqual(bool(self.seen(proxy, path)), proxy is way)
                self.assertEqual(self.origin.of(path)[-1]["status"], 200)

    def test_bypassed_hosts_are_reached_directly(self):
        for bypass, direct in (("127.0.0.1", True), ("*.0.0.1", True), ("<local>", False),
                               (f"x 127.0.0.1:{self.origin.port}", True), ("127.0.0.1:1", False)):
            with self.subTest(bypass=bypass):
                path = f"/open/bypass{len(bypass)}{direct}"
                job = self.job(self.origin.url(path), OVERRIDE, self.at(self.own),
                               bypass.replace("<", "&lt;").replace(">", "&gt;"))
                self.assertEqual(run(self.client, job), TRANSFERRED)
                self.assertEqual(not self.seen(self.own, path), direct)
        job = self.job(f"http://localhost:{self.origin.port}/open/configured-bypass")
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual(self.seen(self.configured, "configured-bypass"), [])

    def test_https_goes_through_a_tunnel(self):
        self.tls.put("tunnel.bin", b"tunnelled" * 9999)
        job = self.job(self.tls.url("tunnel.bin", tls=True), OVERRIDE, self.at(self.own))
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual([r["method"] for r in self.seen(self.own, str(self.tls.tls_port))],
                         ["CONNECT"])

    def test_dead_proxies_are_passed_over_in_order(self):
        dead = f"127.0.0.1:{free_port()} http://127.0.0.1:{free_port()}"
        job = self.job(self.origin.url("/open/second"), OVERRIDE, f"{dead} {self.at(self.own)}")
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertTrue(self.seen(self.own, "/open/second"))
        only = self.job(self.origin.url("/open/none"), OVERRIDE, dead)
        self.assertEqual(self.client.set(only, NoProgressTimeout=0).status, 200)
        self.assertEqual(run(self.client, only), ERROR)
        self.assertEqual(get_error(self.client, only), (0x80072EFD, 6))
        self.assertEqual(self.origin.of("/open/none"), [], "no way around the proxies")

    def test_a_proxy_gets_its_password_when_it_asks(self):
        self.tls.put("guarded.bin", CONTENT)
        for url in (self.origin.url("/open/guarded"), self.tls.url("guarded.bin", tls=True)):
            with self.subTest(url=url):
                job = self.job(url, OVERRIDE, self.at(self.guarded))
                self.assertEqual(run(self.client, job), ERROR)
                self.assertEqual(get_error(self.client, job), (HTTP_407, 5))
                set_credentials(self.client, job, BASIC, "user1", target=PROXY)
                self.assertEqual(run(self.client, job), TRANSFERRED)
                wrong = self.job(url, OVERRIDE, self.at(self.guarded))
                set_credentials(self.client, wrong, BASIC, "user1", "wrong", target=PROXY)
                self.assertEqual(run(self.client, wrong), ERROR)
                self.assertEqual(get_error(self.client, wrong), (HTTP_407, 5))

    def test_server_and_proxy_have_their_own_credentials(self):
        job = self.job(self.origin.url("/digest/both"), OVERRIDE, self.at(self.guarded))
        set_credentials(self.client, job, BASIC, "user1", target=PROXY)
        set_credentials(self.client, job, DIGEST, "user2", target=SERVER)
        self.assertEqual(run(self.client, job), TRANSFERRED)
        self.assertEqual(self.origin.of("/digest/both")[-1]["user"], "user2")
        self.assertEqual({r["user"] for r in self.seen(self.guarded, "/digest/both")},
                         {None, "user1"})
        self.assertNotIn("user1", {r["user"] for r in self.origin.requests})

    def test_server_credentials_are_not_for_proxies(self):
        job = self.job(self.origin.url("/open/wrong-target"), OVERRIDE, self.at(self.guarded))
        set_credentials(self.client, job, BASIC, "user1", target=SERVER)
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual({r["user"] for r in self.seen(self.guarded, "wrong-target")}, {None})

    def test_a_tunnel_that_the_proxy_refuses_is_its_http_error(self):
        job = self.job(f"https://127.0.0.1:{free_port()}/x", OVERRIDE, self.at(self.own))
        self.assertEqual(self.client.set(job, NoProgressTimeout=0).status, 200)
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job), (0x801901F6, 5))

    def test_lists_that_make_no_sense_show_when_they_are_used(self):
        job = self.job(self.origin.url("/open/x"), OVERRIDE, "host:port")
        self.assertEqual(run(self.client, job), ERROR)
        self.assertEqual(get_error(self.client, job), (0x8020003F, 6))

    def test_bad_arguments_are_faults_with_their_code(self):
        job = self.job(self.origin.url("/open/x"))
        for code, arguments in (
                (0x80004001, {"ProxyUsage": 4}), (0x80070057, {"ProxyUsage": OVERRIDE}),
                (0x80070057, {"ProxyUsage": NO_PROXY, "ProxyList": "p"}),
                (0x80200018, {"ProxyUsage": OVERRIDE, "ProxyList": "p" * 4001}),
                (0x80200019, {"ProxyUsage": OVERRIDE, "ProxyList": "p",
                              "ProxyBypassList": "p" * 4001})):
            fault = self.client.invoke("SetProxySettings", job, **arguments).fault()
            self.assertEqual((fault["subcode"], fault["wsman"]), ("w:InvalidParameter", code))


if __name__ == "__main__":
    unittest.main()
