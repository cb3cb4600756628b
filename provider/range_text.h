// Ranges of a file as text, in the form of bitsadmin: "0:100,2000:eof".
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "engine/job.h"

namespace provider {

// offset:length, with commas between several; a length may be "eof" in any case.
// Blanks around the parts are ignored. Empty when the text is anything else, an
// empty text too. Whether the ranges make sense is for the engine to say.
std::optional<std::vector<engine::FileRange>> ParseRanges(std::string_view text);

}  // namespace provider
