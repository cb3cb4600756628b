// docs/configuration.md against the table of settings.
#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <vector>

#include "provider/bitsd/config.h"

namespace bitsd {
namespace {

// "| `name` | `default` | range | …" of every setting, in order.
std::vector<std::string> RowsOfThePage() {
  std::ifstream page(BITSD_SOURCE_DIR "/docs/configuration.md");
  std::vector<std::string> rows;
  for (std::string line; std::getline(page, line);) {
    // A setting's name has no blank; the commands of the page have.
    const std::size_t name_end = line.find('`', 3);
    if (!line.starts_with("| `") || line.find(' ', 3) < name_end) continue;
    std::size_t end = 0;
    for (int column = 0; column < 3 && end != std::string::npos; ++column)
      end = line.find('|', end + 1);
    rows.push_back(line.substr(0, end + 1));
  }
  return rows;
}

TEST(ConfigurationPageTest, ListsEverySettingWithItsDefaultAndRange) {
  std::vector<std::string> expected;
  for (const Setting& setting : AllSettings())
    expected.push_back("| `" + std::string(setting.name) + "` | `" + setting.default_value +
                       "` | " + (setting.range.empty() ? "" : setting.range + " ") + "|");
  EXPECT_THAT(RowsOfThePage(), testing::ElementsAreArray(expected));
}

}  // namespace
}  // namespace bitsd
