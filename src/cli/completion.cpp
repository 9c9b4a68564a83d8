// SPDX-License-Identifier: Apache-2.0
// Completion scripts. They hold all words, so that completing starts no process.
#include <algorithm>

#include "cli/option_table.hpp"
#include "report/schema.hpp"

namespace tlswhy::cli {
namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

template <typename T>
std::vector<std::string> ids(std::span<const T> list) {
  std::vector<std::string> out;
  for (const T& entry : list) out.emplace_back(entry.id);
  return out;
}

// The words that can stand for a value; empty if none are known. `files` tells whether names of files can.
std::vector<std::string> values_of(const OptionRow& row, std::string_view command, const knowledge::Knowledge& knowledge, bool& files) {
  files = row.value == "FILE" || row.value == "DIR" || row.value == "PATH" || (row.positional && row.names.front() != "CODE");
  if (!row.choices.empty()) {
    files = false;
    return row.choices;
  }
  if (row.value == "PROFILE") return ids(knowledge.devices);
  if (row.value == "POLICY") return ids(knowledge.servers);
  if (row.value == "ID") return ids(knowledge.code_libraries);
  if (!row.positional) return {};
  const bool browses = command == "causes" || command == "devices" || command == "codes" || command == "schema" || command == "completion";
  if (browses) files = false;
  if (command == "causes") return ids(knowledge.causes);
  if (command == "devices") return ids(knowledge.devices);
  if (command == "codes") return ids(knowledge.code_libraries);
  if (command == "schema") {
    std::vector<std::string> names;
    for (const report::Schema& schema : report::schemas()) names.emplace_back(schema.name);
    return names;
  }
  return {};
}

// Text between single quotes of a shell; a quote ends them, stands escaped and opens them again.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (!command.hidden) names.emplace_back(command.name);
  }
  return names;
}

std::string bash(const knowledge::Knowledge& knowledge) {
  std::string out =
      "# tlswhy completion for bash; made by tlswhy completion bash\n"
      "_tlswhy() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=diagnose\n"
      "  local options='' words='' files='' commands=" + quoted(joined(command_names())) + "\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD > 1)) && [[ \" $commands \" == *\" ${COMP_WORDS[1]} \"* ]]; then command=${COMP_WORDS[1]}; fi\n"
      "  case $command in\n";
  for (const CommandOptions& table : option_tables()) {
    std::string options;
    std::string cases;
    std::string positional_words;
    bool positional_files = false;
    for (const OptionRow& row : table.rows) {
      bool files = false;
      const std::string words = joined(values_of(row, table.command->name, knowledge, files));
      if (row.positional) {
        positional_words = words;
        positional_files = files;
        continue;
      }
      options += (options.empty() ? "" : " ") + joined(row.names);
      if (!row.value.empty()) cases += "        " + joined(row.names, "|") + ") words=" + quoted(words) + "; files=" + (files ? "1" : "0") + " ;;\n";
    }
    out += "    " + std::string(table.command->name) + ")\n      options=" + quoted(options) + "\n      case $previous in\n" + cases + "        *) words=" +
           quoted(positional_words) + "; files=" + (positional_files ? "1" : "0") + "; [[ $current == -* ]] && words=$options ;;\n      esac ;;\n";
  }
  out +=
      "  esac\n"
      "  ((COMP_CWORD == 1)) && [[ $current != -* ]] && words=\"$commands $words\"\n"
      "  local IFS=$' \\t\\n'\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  if [[ $files == 1 && $current != -* ]]; then\n"
      "    IFS=$'\\n'\n"
      "    COMPREPLY+=($(compgen -f -- \"$current\"))\n"
      "    ((${#COMPREPLY[@]})) && compopt -o filenames 2>/dev/null\n"
      "  fi\n"
      "  return 0\n"
      "}\n"
      "complete -F _tlswhy tlswhy\n";
  return out;
}

// What _arguments reads as its own syntax is escaped.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh(const knowledge::Knowledge& knowledge) {
  std::string out = "#compdef tlswhy\n# tlswhy completion for zsh; made by tlswhy completion zsh\n_tlswhy() {\n  local command=diagnose\n  local -a commands\n  commands=(\n";
  for (const Command& command : commands()) {
    if (!command.hidden) out += "    " + quoted(zsh_text(command.name) + ":" + zsh_text(command.summary)) + "\n";
  }
  out +=
      "  )\n"
      "  if ((CURRENT > 2)) && [[ -n ${(M)commands:#${words[2]}:*} ]]; then\n"
      "    command=${words[2]}\n"
      "    shift words\n"
      "    ((CURRENT--))\n"
      "  elif ((CURRENT == 2)) && [[ $words[2] != -* ]]; then\n"
      "    _describe command commands\n"
      "  fi\n"
      "  case $command in\n";
  for (const CommandOptions& table : option_tables()) {
    out += "    " + std::string(table.command->name) + ")\n      _arguments -s -S";
    for (const OptionRow& row : table.rows) {
      bool files = false;
      const std::vector<std::string> words = values_of(row, table.command->name, knowledge, files);
      std::string action = files ? "_files" : words.empty() ? " " : "(" + joined(words) + ")";
      if (row.positional) {
        out += " \\\n        " + quoted("*:" + zsh_text(row.names.front()) + ":" + action);
        continue;
      }
      const std::string value = row.value.empty() ? "" : ":" + zsh_text(row.value) + ":" + action;
      const std::string others = row.repeatable ? "*" : "(" + joined(row.names) + ")";
      for (const std::string& name : row.names) out += " \\\n        " + quoted(others + name + "[" + zsh_text(row.text) + "]" + value);
    }
    out += " ;;\n";
  }
  // Autoloaded, the file is the function's body; sourced, it registers the function.
  return out + "  esac\n}\nif [[ $funcstack[1] == _tlswhy ]]; then _tlswhy \"$@\"; else compdef _tlswhy tlswhy; fi\n";
}

std::string fish(const knowledge::Knowledge& knowledge) {
  std::string out = "# tlswhy completion for fish; made by tlswhy completion fish\nset -l commands " + joined(command_names()) + "\ncomplete -c tlswhy -f\n";
  for (const Command& command : commands()) {
    if (!command.hidden) out += "complete -c tlswhy -n \"__fish_is_first_token\" -a " + std::string(command.name) + " -d " + quoted(command.summary) + "\n";
  }
  for (const CommandOptions& table : option_tables()) {
    const bool main_job = table.command->name == "diagnose";
    const std::string condition = main_job ? "\"not __fish_seen_subcommand_from $commands; or __fish_seen_subcommand_from diagnose\""
                                           : "\"__fish_seen_subcommand_from " + std::string(table.command->name) + "\"";
    for (const OptionRow& row : table.rows) {
      bool files = false;
      const std::vector<std::string> words = values_of(row, table.command->name, knowledge, files);
      std::string line = "complete -c tlswhy -n " + condition;
      for (const std::string& name : row.names) {
        if (row.positional) continue;
        line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!row.value.empty() && !row.positional) line += " -r";
      if (files) line += " -F";
      if (!words.empty()) line += " -a " + quoted(joined(words));
      if (!row.positional) line += " -d " + quoted(row.text);
      if (!row.positional || files || !words.empty()) out += line + "\n";
    }
  }
  return out;
}

}  // namespace

std::string completion_script(std::string_view shell, const knowledge::Knowledge& knowledge) {
  if (shell == "bash") return bash(knowledge);
  if (shell == "zsh") return zsh(knowledge);
  if (shell == "fish") return fish(knowledge);
  return {};
}

}  // namespace tlswhy::cli
