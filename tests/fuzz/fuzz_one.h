// What every fuzz target defines. libFuzzer's LLVMFuzzerTestOneInput calls it
// with invented input, seeds_test.cc with the seeds and what lies around them.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

// Must return for every input, without leaks or undefined behaviour.
void FuzzOne(std::span<const std::uint8_t> input);

inline std::string_view AsText(std::span<const std::uint8_t> input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}
