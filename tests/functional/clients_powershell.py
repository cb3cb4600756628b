"""The PowerShell module: a script for Windows BITS runs unchanged on it where there is PowerShell, and its
text is checked where there is none."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from support import node
from support.daemon import PASSWORD, USER, Daemon
from support.origin import Origin

MODULE = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "powershell" / "BitsWsman"
SCRIPT_FILE, MANIFEST = MODULE / "BitsWsman.psm1", MODULE / "BitsWsman.psd1"

CONNECTION = {"ComputerName": "cn", "Port": "", "UseSSL": "ssl", "ApplicationName": "", "ConnectionURI": "curi cu",
              "Credential": "cred c", "Authentication": "auth am", "SessionOption": "so", "CertificateThumbprint": ""}
# As the cmdlets of Windows have them. command: {parameter: aliases}
PARAMETERS = {
    "Invoke-WSManAction": {"ResourceURI": "ruri", "Action": "", "SelectorSet": "", "ValueSet": "", "FilePath": "Path",
                           "OptionSet": "os", **CONNECTION},
    "Get-WSManInstance": {"ResourceURI": "ruri", "SelectorSet": "", "Fragment": "", "Dialect": "", "OptionSet": "os",
                          "Enumerate": "", "Filter": "", "ReturnType": "rt", "Shallow": "",
                          "BasePropertiesOnly": "ubpo base", "Associations": "", **CONNECTION},
    "Set-WSManInstance": {"ResourceURI": "ruri", "SelectorSet": "", "ValueSet": "", "FilePath": "Path", "Fragment": "",
                          "Dialect": "", "OptionSet": "os", **CONNECTION},
    "New-WSManInstance": {"ResourceURI": "ruri", "SelectorSet": "", "ValueSet": "", "FilePath": "Path",
                          "OptionSet": "os", **CONNECTION},
    "Remove-WSManInstance": {"ResourceURI": "ruri", "SelectorSet": "", "OptionSet": "os", **CONNECTION},
    "Test-WSMan": CONNECTION,
    "New-WSManSessionOption": {"SkipCACheck": "", "SkipCNCheck": "", "SkipRevocationCheck": "",
                               "OperationTimeout": "OperationTimeoutMSec"},
}
POSITIONS = {
    "Invoke-WSManAction": {"ResourceURI": 0, "Action": 1, "SelectorSet": 2},
    "Get-WSManInstance": {"ResourceURI": 0},
    "Set-WSManInstance": {"ResourceURI": 0, "SelectorSet": 1},
    "New-WSManInstance": {"ResourceURI": 0, "SelectorSet": 1},
    "Remove-WSManInstance": {"ResourceURI": 0, "SelectorSet": 1},
    "Test-WSMan": {"ComputerName": 0},
    "New-WSManSessionOption": {},
}
MANDATORY = {
    "Invoke-WSManAction": {"ResourceURI", "Action"}, "Get-WSManInstance": {"ResourceURI", "Enumerate"},
    "Set-WSManInstance": {"ResourceURI"}, "New-WSManInstance": {"ResourceURI", "SelectorSet"},
    "Remove-WSManInstance": {"ResourceURI", "SelectorSet"}, "Test-WSMan": set(), "New-WSManSessionOption": set(),
}
BUILT_IN = {"Set-StrictMode", "Convert-Path", "Export-ModuleMember"}

# The sample for Windows, with its dashes; the place of the files is the test's own.
SCRIPT = """
$result = Invoke-WSManAction –Action CreateJob –ResourceURI wmi/root/microsoft/bits/BitsClientJob `
    –ValueSet @{DisplayName="TestJob"; RemoteUrl="@URL@"; Type=0; LocalFile="C:\\clienttestdir\\testfile1.txt"} `
    –ComputerName @HOST@ –Port @PORT@ –Credential $cred
Set-WSManInstance –ResourceURI wmi/root/microsoft/bits/BitsClientJob –SelectorSet @{JobId=$result.JobId} `
    –ValueSet @{Priority=0} –ComputerName @HOST@ –Port @PORT@ –Credential $cred
Invoke-WSManAction –Action SetJobState –ResourceURI wmi/root/microsoft/bits/BitsClientJob `
    –SelectorSet @{JobId=$result.JobId} –ValueSet @{JobState=2} –ComputerName @HOST@ –Port @PORT@ –Credential $cred
$jobid = $result.JobId
$exit_from_loop = $FALSE
do {
    $result = Get-WSManInstance –ResourceURI wmi/root/microsoft/bits/BitsClientJob –SelectorSet @{JobId=$jobid} `
        –ComputerName @HOST@ –Port @PORT@ –Credential $cred
    if ($result.State -eq 6) {
        Invoke-WSManAction –Action SetJobState –ResourceURI wmi/root/microsoft/bits/BitsClientJob `
            –SelectorSet @{JobId=$jobid} –ValueSet @{JobState=1} –ComputerName @HOST@ –Port @PORT@ –Credential $cred
        $exit_from_loop = $TRUE
    } elseif (($result.State -eq 4) -or ($result.State -eq 5)) {
        Invoke-WSManAction –Action SetJobState –ResourceURI wmi/root/microsoft/bits/BitsClientJob `
            –SelectorSet @{JobId=$jobid} –ValueSet @{JobState=0} –ComputerName @HOST@ –Port @PORT@ –Credential $cred
        $exit_from_loop = $TRUE
    } else { Start-Sleep –Seconds 1 }
} while ($exit_from_loop -eq $FALSE)
"""
PRELUDE = """
Import-Module $env:TEST_MODULE
$cred = [pscredential]::new($env:TEST_USER, (ConvertTo-SecureString $env:TEST_PASSWORD -AsPlainText -Force))
"""


class ManifestTest(unittest.TestCase):
    def test_what_is_exported_is_what_there_is(self):
        listed = re.search(r"FunctionsToExport\s*=\s*@\(([^)]*)\)", MANIFEST.read_text()).group(1)
        exported = SCRIPT_FILE.read_text().rpartition("Export-ModuleMember")[2]
        self.assertEqual(set(re.findall(r"'([^']*)'", listed)), set(PARAMETERS))
        self.assertEqual(set(re.findall(r"'([^']*)'", exported)), set(PARAMETERS))

    def test_files_are_ascii_so_that_every_version_reads_them(self):
        for file in (SCRIPT_FILE, MANIFEST):
            file.read_text(encoding="ascii")


@unittest.skipIf(node.missing("web-tree-sitter", "tree-sitter-powershell"),
                 node.missing("web-tree-sitter", "tree-sitter-powershell"))
class SyntaxTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Without the optimizer, which would spend ten seconds on the grammar.
        done = subprocess.run([node.NODE, "--liftoff-only", "powershell.js", str(SCRIPT_FILE), str(MANIFEST)], cwd=node.FOLDER,
                              env=node.ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=True)
        cls.module, cls.manifest = json.loads(done.stdout)
        cls.functions = {function["name"]: function for function in cls.module["functions"]}

    def test_the_files_parse(self):
        self.assertEqual(self.module["errors"], [])
        self.assertEqual(self.manifest["errors"], [])

    def test_every_command_that_is_called_is_there(self):
        self.assertEqual(set(self.module["commands"]) - set(self.functions) - BUILT_IN, set())

    def test_every_function_is_called_or_exported(self):
        self.assertEqual(set(self.functions) - set(self.module["commands"]) - set(PARAMETERS), set())

    def test_no_two_variables_of_a_function_differ_in_case_alone(self):
        """They are one variable, and the type of a parameter would hold for it."""
        for function in self.functions.values():
            names = set(function["variables"])
            self.assertEqual(len(names), len({name.lower() for name in names}), (function["name"], sorted(names)))

    def test_every_variable_of_the_module_is_set(self):
        text = SCRIPT_FILE.read_text()
        for name in set(re.findall(r"\$script:\w+", text)):
            self.assertRegex(text, rf"(?m)^{re.escape(name)} = ")

    def test_parameters_aliases_and_positions_are_those_of_windows(self):
        for command, parameters in PARAMETERS.items():
            declared = {parameter["name"]: " ".join(parameter["attributes"])
                        for parameter in self.functions[command]["parameters"]}
            aliases = {name: " ".join(re.findall(r"'([^']*)'", "".join(re.findall(r"\[Alias\(([^)]*)\)\]", text))))
                       for name, text in declared.items()}
            self.assertEqual(aliases, parameters, command)
            positions = {name: int(found.group(1)) for name, text in declared.items()
                         if (found := re.search(r"Position = (\d)", text))}
            self.assertEqual(positions, POSITIONS[command], command)
            mandatory = {name for name, text in declared.items() if "Mandatory" in text}
            self.assertEqual(mandatory, MANDATORY[command], command)

    def test_every_command_has_help_with_an_example_and_a_sentence_for_each_parameter(self):
        for command in PARAMETERS:
            text = self.functions[command]["text"]
            for keyword in (".SYNOPSIS", ".DESCRIPTION", ".EXAMPLE"):
                self.assertIn(keyword, text, command)
            for name in PARAMETERS[command]:
                self.assertRegex(text, rf"# [^\n]+[.}}]\n(\s*\[[^\n]*\]\n)?[^\n]*\${name}\b", f"{command} -{name}")


@unittest.skipUnless(shutil.which("pwsh"), "there is no PowerShell (pwsh) on this machine")
class ScriptTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = Origin().start()
        cls.addClassCleanup(cls.origin.__exit__)
        cls.origin.put("testfile1.txt", b"a small file\n" * 1000)
        cls.daemon = Daemon(http=True, ntlm=True, auth_settings='channel_binding = "strict"').start()
        cls.addClassCleanup(cls.daemon.__exit__)

    def run_script(self, script, password=PASSWORD):
        """The lines that the script wrote."""
        host, port = self.daemon.http_url.split("/")[2].split(":")
        for token, value in {"@HOST@": host, "@PORT@": port, "@URL@": self.origin.url("testfile1.txt"),
                             "@HTTPS@": self.daemon.url}.items():
            script = script.replace(token, value)
        file = self.daemon.folder / "script.ps1"
        file.write_text(PRELUDE + script)
        done = subprocess.run(
            ["pwsh", "-NoProfile", "-NonInteractive", "-File", str(file)],
            env={**os.environ, "TEST_MODULE": str(MODULE), "TEST_USER": USER, "TEST_PASSWORD": password},
            capture_output=True, text=True, timeout=90)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        return done.stdout.splitlines()

    def test_the_sample_script_runs_unchanged(self):
        self.run_script(SCRIPT)
        file = self.daemon.drive_c / "clienttestdir" / "testfile1.txt"
        self.assertEqual(file.read_bytes(), b"a small file\n" * 1000)

    def test_every_command_works(self):
        lines = self.run_script("""
$uri = 'wmi/root/microsoft/bits/BitsClientJob'
$to = @{ ComputerName = '@HOST@'; Port = @PORT@; Credential = $cred }
(Test-WSMan @HOST@ -Port @PORT@).ProductVersion
$made = Invoke-WSManAction $uri CreateJob @to -ValueSet @{
    DisplayName = 'a & b'; RemoteUrl = '@URL@?a=1&b=2'; LocalFile = 'C:\\\\d\\\\f'; Type = 0 }
$job = @{ JobId = $made.JobId }
(Get-WSManInstance $uri @to -SelectorSet $job).DisplayName
(Get-WSManInstance $uri @to -SelectorSet $job -Fragment Priority).Priority
(Set-WSManInstance $uri $job @to -ValueSet @{ Priority = 3 }).Priority
@(Get-WSManInstance $uri -Enumerate @to).Count
@(Get-WSManInstance 'wmi/root/microsoft/bits/*' -Enumerate @to -Filter 'SELECT * FROM BitsClientJob WHERE State = 6').Count
@(Get-WSManInstance $uri -Enumerate @to -Dialect selector -Filter '{Priority=3}').Count
try { Get-WSManInstance $uri @to -SelectorSet @{ JobId = '{00000000-0000-0000-0000-000000000000}' } }
catch { ([xml]$_.Exception.Message).WSManFault.Code }
try { New-WSManInstance $uri $job @to } catch { $_.FullyQualifiedErrorId }
Remove-WSManInstance $uri $job @to
@(Get-WSManInstance $uri -Enumerate @to).Count
$lab = New-WSManSessionOption -SkipCACheck -SkipCNCheck
foreach ($way in 'Basic', 'Negotiate') {
    (Test-WSMan -ConnectionURI '@HTTPS@' -Credential $cred -Authentication $way -SessionOption $lab).ProductVendor.Length -gt 0
}
try { Test-WSMan -ConnectionURI '@HTTPS@' -Credential $cred -Authentication Basic } catch { 'untrusted' }
""")
        self.assertEqual(lines, ["OS: 0.0.0 SP: 0.0 Stack: 3.0", "a & b", "2", "3", "1", "0", "1", "2150858752",
                                 "WsManError,New-WSManInstance", "0", "True", "True", "untrusted"])

    def test_a_wrong_password_is_named_as_such(self):
        lines = self.run_script("""
try { Get-WSManInstance wmi/root/microsoft/bits/BitsClientJob -Enumerate -ComputerName @HOST@ -Port @PORT@ -Credential $cred }
catch { $_.Exception.Message }
""", password="wrong")
        self.assertIn("refused the login", " ".join(lines))


if __name__ == "__main__":
    unittest.main()
