// From libcurl's errors to those that BITS shows.
#pragma once

#include <curl/curl.h>

#include "engine/error.h"

namespace engine::transfer {

struct CurlFailure {
  HResult code = HResult::kConnectionError;
  bool recoverable = true;
};

// `text` is what libcurl wrote about it.
CurlFailure FailureOf(CURLcode code, CURL* easy, const char* text);

}  // namespace engine::transfer
