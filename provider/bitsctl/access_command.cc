#include "provider/bitsctl/access_command.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "engine/error.h"
#include "provider/bitsctl/commands.h"
#include "provider/bitsctl/output.h"
#include "provider/bitsctl/terminal.h"

namespace bitsctl {
namespace {

constexpr std::size_t kHashDigits = 40;

// Words in the order of their numbers on the wire.
using Words = std::vector<std::string>;
const Words& Targets() {
  static const Words kWords = {"server", "proxy"};
  return kWords;
}
const Words& Schemes() {
  static const Words kWords = {"basic", "digest", "ntlm", "negotiate"};
  return kWords;
}
const Words& Usages() {
  static const Words kWords = {"configured", "none", "override", "auto"};
  return kWords;
}

std::string NumberOf(const Words& words, const std::string& word) {
  const auto found = std::find(words.begin(), words.end(), word);
  return std::to_string(found - words.begin());
}

// What CLI11 fills for one verb; lives as long as its callback.
struct Input {
  std::string job, target, scheme, user, store, hash, name, usage, list, bypass;
  unsigned location = 1;  // local machine
};
using Verb = std::function<AccessCommand(const Input&)>;

// The octets of a hash, with colons and blanks between them or not; empty when
// it is none.
std::optional<std::vector<unsigned>> ParseHash(std::string text) {
  std::erase_if(text, [](char c) { return c == ':' || c == ' '; });
  if (text.size() != kHashDigits ||
      text.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    return std::nullopt;
  std::vector<unsigned> octets;
  for (std::size_t i = 0; i < text.size(); i += 2)
    octets.push_back(static_cast<unsigned>(std::stoul(text.substr(i, 2), nullptr, 16)));
  return octets;
}

std::string CheckHash(const std::string& text) {
  return ParseHash(text) ? "" : "must be a SHA-1 hash: 40 hexadecimal digits";
}

AccessCommand Certificate(const Input& in) {
  AccessCommand command{
      in.job,
      in.hash.empty() ? "SetClientCertificateByName" : "SetClientCertificateById",
      {{"CertStoreLocation", std::to_string(in.location)}, {"StoreName", in.store}},
      "",
      "set the client certificate of"};
  if (in.hash.empty()) {
    command.arguments.emplace_back("SubjectName", in.name);
    return command;
  }
  const std::vector<unsigned> octets = ParseHash(in.hash).value_or(std::vector<unsigned>{});
  for (const unsigned octet : octets)
    command.arguments.emplace_back("CertHash", std::to_string(octet));
  return command;
}

AccessCommand ProxyOf(const Input& in) {
  AccessCommand command{in.job,
                        "SetProxySettings",
                        {{"ProxyUsage", NumberOf(Usages(), in.usage)}},
                        "",
                        "set the proxies of"};
  if (!in.list.empty()) command.arguments.emplace_back("ProxyList", in.list);
  if (!in.bypass.empty()) command.arguments.emplace_back("ProxyBypassList", in.bypass);
  return command;
}

struct Added {
  CLI::App* verb;
  std::shared_ptr<Input> input;
};

Added Add(CLI::App& app, const std::function<void(AccessCommand)>& take, const std::string& name,
          const std::string& description, Verb make) {
  auto input = std::make_shared<Input>();
  CLI::App* verb = app.add_subcommand(name, description);
  verb->add_option("JOB", input->job)->required();
  verb->callback([take, input, make = std::move(make)] { take(make(*input)); });
  return {verb, input};
}

void AddPair(const Added& added) {
  added.verb->add_option("TARGET", added.input->target, "server or proxy")
      ->required()
      ->check(CLI::IsMember(Targets()));
  added.verb->add_option("SCHEME", added.input->scheme, "basic, digest, ntlm or negotiate")
      ->required()
      ->check(CLI::IsMember(Schemes()));
}

// Never an argument: those are for every user of the machine to read.
Result<std::string> PasswordFor(const std::string& user) {
  if (::isatty(STDIN_FILENO) != 0) return AskPassword("Password of " + user + ": ");
  std::string password;
  if (!std::getline(std::cin, password))
    return Fail(ExitCode::kUsage, "standard input has no password", "write it there as one line");
  return password;
}

}  // namespace

void AddAccessVerbs(CLI::App& app, std::function<void(AccessCommand)> take) {
  const Added set = Add(app, take, "set-credentials", "Give a job a user name and password",
                        [](const Input& in) -> AccessCommand {
                          return {in.job,
                                  "SetCredentials",
                                  {{"Target", NumberOf(Targets(), in.target)},
                                   {"Scheme", NumberOf(Schemes(), in.scheme)},
                                   {"UserName", in.user}},
                                  in.user,
                                  "set credentials of"};
                        });
  AddPair(set);
  set.verb->add_option("USER", set.input->user, "User name; the password is asked for")->required();
  AddPair(Add(app, take, "remove-credentials", "Let a job forget a user name and password",
              [](const Input& in) -> AccessCommand {
                return {in.job,
                        "RemoveCredentials",
                        {{"Target", NumberOf(Targets(), in.target)},
                         {"Scheme", NumberOf(Schemes(), in.scheme)}},
                        "",
                        "remove credentials of"};
              }));
  const Added certificate =
      Add(app, take, "set-certificate", "Choose the client certificate of a job", &Certificate);
  certificate.verb->add_option("STORE", certificate.input->store, "Store on the host, as MY")
      ->required();
  certificate.verb->add_option("--location", certificate.input->location, "0 to 7 (1)");
  CLI::App* which = certificate.verb->add_option_group("certificate");
  which->add_option("--hash", certificate.input->hash, "SHA-1 hash in hexadecimal")
      ->check(CheckHash);
  which->add_option("--name", certificate.input->name, "Common name");
  which->require_option(1);
  Add(app, take, "remove-certificate", "Let a job forget its client certificate",
      [](const Input& in) -> AccessCommand {
        return {in.job, "RemoveClientCertificate", {}, "", "remove the client certificate of"};
      });
  const Added proxy = Add(app, take, "set-proxy", "Choose the proxies of a job", &ProxyOf);
  proxy.verb->add_option("USAGE", proxy.input->usage, "configured, none, override or auto")
      ->required()
      ->check(CLI::IsMember(Usages()));
  proxy.verb->add_option("LIST", proxy.input->list, "Proxies for override, as 'p1:8080 p2:8080'");
  proxy.verb->add_option("--bypass", proxy.input->bypass, "Hosts to reach without them");
}

Done Execute(const AccessCommand& command, Context& context) {
  Jobs jobs(context.service);
  const Result<std::string> id = jobs.FindId(command.job);
  if (!id) return tl::unexpected(id.error());
  Properties arguments = command.arguments;
  if (!command.ask.empty()) {
    Result<std::string> password = PasswordFor(command.ask);
    if (!password) return tl::unexpected(password.error());
    arguments.emplace_back("Password", *std::move(password));
  }
  const Result<std::uint32_t> code =
      jobs.Call(command.method, *id, arguments, fmt::format("{} job {}", command.action, *id));
  if (!code) return tl::unexpected(code.error());
  if (*code != 0)
    context.err << fmt::format("bitsctl: job {}: {} [{}]\n", *id,
                               engine::TextOf(static_cast<engine::HResult>(*code)),
                               CodeText(*code));
  return {};
}

}  // namespace bitsctl
