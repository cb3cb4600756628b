#include <cstddef>

#include "fuzz/fuzz_one.h"

// The name is libFuzzer's.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  FuzzOne({data, size});
  return 0;
}
