// Envelopes that are dear to read, each as large as it is told to be.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

struct Form {
  std::string name;
  std::string document;  // UTF-8
};

// Every form with at most `bytes` octets, and close to it.
std::vector<Form> EnvelopeForms(std::size_t bytes);

// Each octet as a character of UTF-16, with the mark before them.
std::string InUtf16(const std::string& octets);
