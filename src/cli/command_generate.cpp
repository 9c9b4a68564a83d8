// SPDX-License-Identifier: Apache-2.0
// completion, and generate, which the build calls: everything that is made from the option table and the data.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "cli/manual.hpp"
#include "cli/version.hpp"
#include "report/reference.hpp"

namespace tlswhy::cli {
namespace {

// Writes files under one folder; the first fault sticks.
class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  void write(const std::string& name, const std::string& text) {
    if (status_ != k_exit_ok) return;
    const std::filesystem::path target = std::filesystem::path(path_) / name;
    std::error_code error;
    std::filesystem::create_directories(target.parent_path(), error);
    Options options;
    options.output = target.string();
    status_ = write_output(options, text, k_exit_ok);
  }
  void page(const report::Document& document, int section) {
    const std::string number = std::to_string(section);
    write("man/man" + number + "/" + document.name() + "." + number, document.man(section, k_version));
    write("doc/tlswhy/reference/" + file_of(document, section), document.markdown());
  }
  void reference(const report::Document& document, const std::string& folder) {
    write("doc/tlswhy/reference/" + folder + document.name() + ".md", document.markdown());
  }
  // The command tlswhy-causes(1) and the list tlswhy-causes(7) are two pages: tlswhy-causes.md and causes.md.
  [[nodiscard]] static std::string file_of(const report::Document& document, int section) {
    constexpr std::string_view k_program = "tlswhy-";
    return (section == 1 ? document.name() : document.name().substr(k_program.size())) + ".md";
  }
  [[nodiscard]] int status() const { return status_; }

 private:
  std::string path_;
  int status_ = k_exit_ok;
};

}  // namespace

int run_completion(const Options& options) {
  const std::string script = completion_script(options.names.front(), knowledge::built_in());
  if (script.empty()) {
    complain("there is no completion for \"" + options.names.front() + "\"; there is for bash, zsh and fish");
    return k_exit_usage;
  }
  return write_output(options, script, k_exit_ok);
}

int run_generate(const Options& options) {
  const knowledge::Knowledge& knowledge = knowledge::built_in();
  Folder folder(options.names.front());
  report::Document index("tlswhy-reference", "everything tlswhy knows and takes");
  index.heading("Commands");
  for (const CommandOptions& table : option_tables()) {
    const report::Document manual = manual_of(table);
    folder.page(manual, 1);
    index.term(usage_name(*table.command), table.command->summary, manual.name() + ".md");
  }
  index.heading("Knowledge and formats");
  const auto add = [&](const report::Document& document, int section) {
    folder.page(document, section);
    index.term(document.name(), document.summary(), Folder::file_of(document, section));
  };
  add(report::causes_reference(knowledge), 7);
  add(report::codes_reference(knowledge), 7);
  add(report::devices_reference(knowledge), 7);
  add(report::dialects_reference(knowledge), 7);
  add(report::json_reference(), 5);
  for (const knowledge::Cause& cause : knowledge.causes) folder.reference(report::cause_page(cause), "causes/");
  for (const knowledge::CodeLibrary& table : knowledge.code_libraries) folder.reference(report::code_table_page(table), "codes/");
  folder.write("doc/tlswhy/reference/README.md", index.markdown());
  folder.write("bash-completion/completions/tlswhy", completion_script("bash", knowledge));
  folder.write("zsh/vendor-completions/_tlswhy", completion_script("zsh", knowledge));
  folder.write("fish/vendor_completions.d/tlswhy.fish", completion_script("fish", knowledge));
  return folder.status();
}

}  // namespace tlswhy::cli
