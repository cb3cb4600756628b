// bitsctl settings, set-headers, remove-headers, replace-prefix, set-url,
// set-validation, set-reply-file and reply-data: what a job has beyond BitsClientJob, on hosts with
// the class BitsdJobSettings.
#pragma once

#include <functional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "provider/bitsctl/jobs.h"

namespace CLI {
class App;
}

namespace bitsctl {

struct SettingsCommand {
  std::string job;
  std::string method;         // to call with `values`; empty: none
  Properties values;          // otherwise properties to change; none: print all
  bool read_headers = false;  // CustomHeaders comes from standard input
  std::string action = "";    // "change the URLs of", for messages
};

// Adds the verbs; `take` is called with the one that was chosen.
void AddSettingsVerbs(CLI::App& app, std::function<void(SettingsCommand)> take);

// "Name: value" lines of a BitsdJobSettings; one line for each custom header.
std::string SettingsText(const Element& settings);
// The same for programs: numbers and flags as such, headers as a list.
nlohmann::json SettingsJson(const Element& settings);

}  // namespace bitsctl
