// Reads every form of hostile envelope at two sizes. Under callgrind it writes the
// instructions of each reading out under its name, with those of an ordinary
// envelope before and after all of them; alone it prints the milliseconds of CPU.
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

// What a client that polls sends.
const std::string& Poll() {
  static const std::string kPoll =
      "<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'"
      " xmlns:a='http://schemas.xmlsoap.org/ws/2004/08/addressing'"
      " xmlns:w='http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd'><s:Header>"
      "<a:To>http://host:5985/wsman</a:To>"
      "<w:ResourceURI s:mustUnderstand='true'>http://host/class</w:ResourceURI>"
      "<a:Action s:mustUnderstand='true'>http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
      "</a:Action><a:MessageID>uuid:A6B32650-55C5-561E-93E2-E5E4A02CD6C6</a:MessageID>"
      "<w:Locale xml:lang='en-US' s:mustUnderstand='false'/>"
      "<w:SelectorSet><w:Selector Name='JobId'>1</w:Selector></w:SelectorSet>"
      "</s:Header><s:Body/></s:Envelope>";
  return kPoll;
}

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
  Read(Poll());
  Count("poll before", Poll());
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
  Read(Poll());
  Count("poll after", Poll());
  return EXIT_SUCCESS;
}
