// Reads every form of hostile envelope at two sizes. Under callgrind it writes the
// instructions of each reading out under its name; alone it prints the
// milliseconds of CPU.
#include <valgrind/callgrind.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <string>

#include "cost/envelope_forms.h"
#include "wsman/xml/charset.h"
#include "wsman/xml/soap_codec.h"
#include "wsman/xml/xml_guard.h"

namespace {

constexpr std::array kSizes = {std::size_t{128'000},
                               std::size_t{512'000}};  // the second is the default limit

// As the Dispatcher does it.
bool Read(std::string bytes) {
  const auto text = wsman::xml::Decode(std::move(bytes), "application/soap+xml");
  return text && wsman::xml::CheckDocument(text->utf8) &&
         wsman::xml::ParseEnvelope(text->utf8).has_value();
}

void Count(const std::string& name, std::string bytes) {
  const std::size_t size = bytes.size();
  const std::clock_t began = std::clock();
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
  const bool accepted = Read(std::move(bytes));
  const std::string label =
      name + "|" + std::to_string(size) + "|" + (accepted ? "accepted" : "refused");
  CALLGRIND_DUMP_STATS_AT(label.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
  if (RUNNING_ON_VALGRIND == 0) {
    std::cout << 1'000.0 * static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC << " ms "
              << label << '\n';
  }
}

}  // namespace

int main() {
  Read("<warm-up/>");
  for (const std::size_t bytes : kSizes) {
    for (const Form& form : EnvelopeForms(bytes)) {
      Count(form.name, form.document);
    }
    // Half the characters have as many octets. What comes after the conversion
    // is what it is for UTF-8.
    for (const Form& form : EnvelopeForms(bytes / 2)) {
      if (form.name == "text" || form.name == "elements up to the limit") {
        Count(form.name + " in UTF-16", InUtf16(form.document));
      }
    }
  }
  return EXIT_SUCCESS;
}
