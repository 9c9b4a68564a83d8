// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "codes/codes.hpp"
#include "diagnose/diagnose.hpp"
#include "input/input.hpp"
#include "knowledge/model.hpp"

// Machine-readable output; the shapes are in schema/*.schema.json. Text from captures and logs is made valid UTF-8, and keys are
// never taken from input. Each function gives one document without a line break at its end.
namespace tlswhy::report {

using InputFile = input::File;

struct Tool {
  std::string version;
};

// The main document, schema tlswhy/1. `indent` < 0 gives one line. Written piece by piece, or as one text.
void write_diagnosis_json(const TextSink& sink, const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input,
                          const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge, int indent = 2);
[[nodiscard]] std::string diagnosis_json(const Tool& tool, const std::vector<InputFile>& files, const diagnose::Input& input,
                                         const diagnose::Diagnosis& diagnosis, const knowledge::Knowledge& knowledge, int indent = 2);
// tlswhy-explain/1.
[[nodiscard]] std::string explain_json(const std::vector<codes::Explanation>& explanations, const knowledge::Knowledge& knowledge, int indent = 2);
// tlswhy-codes/1.
[[nodiscard]] std::string codes_json(const knowledge::Knowledge& knowledge, const std::vector<const knowledge::Code*>& rows, int indent = 2);
// tlswhy-causes/1 and tlswhy-devices/1.
[[nodiscard]] std::string causes_json(const std::vector<const knowledge::Cause*>& causes, int indent = 2);
[[nodiscard]] std::string devices_json(const std::vector<const knowledge::Device*>& devices, int indent = 2);

}  // namespace tlswhy::report
