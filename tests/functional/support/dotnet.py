"""The .NET client of tests/functional/dotnet, which makes the calls of the PowerShell module."""
import os
import pathlib
import shutil
import subprocess
import tempfile

MISSING = "" if shutil.which("dotnet") else "there is no dotnet on this machine"
SOURCES = pathlib.Path(__file__).resolve().parents[1] / "dotnet"


class Client:
    """Compiled into a folder of its own, which close() removes. Nothing is downloaded."""

    def __init__(self):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="bitsd-dotnet-"))
        self._settings = {
            "DOTNET_CLI_HOME": str(self._folder), "DOTNET_NOLOGO": "1", "DOTNET_CLI_TELEMETRY_OPTOUT": "1",
            "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1", "MSBUILDDISABLENODEREUSE": "1", "NUGET_PACKAGES": str(self._folder / "packages")}
        try:
            self._program = self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        environment = {**os.environ, **self._settings}
        version = subprocess.run(["dotnet", "--version"], env=environment, capture_output=True, text=True,
                                 check=True).stdout
        source = shutil.copytree(SOURCES, self._folder / "source")
        (self._folder / "no-packages").mkdir()
        done = subprocess.run(
            ["dotnet", "build", str(source / "Client.csproj"), "--source", str(self._folder / "no-packages"),
             "-v", "quiet", f"-p:SdkMajor={version.split('.')[0]}", "-p:UseSharedCompilation=false",
             "-o", str(self._folder / "out")],
            env=environment, capture_output=True, text=True, timeout=100)
        if done.returncode != 0:
            raise AssertionError("dotnet build:\n" + done.stdout + done.stderr)
        return self._folder / "out" / "Client.dll"

    def run(self, url, ntlm, package, *arguments, environment):
        """ntlm: "managed" for .NET's own or "gss" for gss-ntlmssp's. environment: what is added to this process's."""
        return subprocess.run(
            ["dotnet", str(self._program), url, ntlm, package, *arguments],
            env={**os.environ, **self._settings, **environment}, capture_output=True, text=True, timeout=60)

    def close(self):
        shutil.rmtree(self._folder, ignore_errors=True)
