// SPDX-License-Identifier: Apache-2.0
#include "cli/manual.hpp"

#include <array>
#include <iterator>

namespace tlswhy::cli {
namespace {

constexpr std::array<Example, 3> k_common{{
    {"tlswhy capture.pcapng serial.log", "why did it fail?"},
    {"tlswhy explain -0x7200", "what does this code mean?"},
    {"tail -f monitor.log | tlswhy annotate", "explain lines as they come"},
}};

// What a command does beyond its options, and examples of it.
struct About {
  std::string_view command;
  std::string_view text;
  std::span<const Example> examples;
};

constexpr Example k_diagnose[] = {
    {"tlswhy capture.pcapng", "every TLS, DTLS, QUIC and EAP handshake in a capture"},
    {"tlswhy capture.pcapng serial.log", "a capture and the device's log, joined attempt by attempt"},
    {"tlswhy -v --in-buffer 4096 capture.pcapng", "all details, for a device that takes records of 4096 bytes at most"},
    {"tlswhy --json capture.pcapng serial.log", "for a program"},
    {"tlswhy --format html capture.pcapng serial.log", "a page to keep or to send (-o FILE)"},
    {"tlswhy --format markdown capture.pcapng serial.log", "to paste into an issue or a chat"},
};
constexpr Example k_explain[] = {
    {"tlswhy explain -0x7200", "a code as Mbed TLS prints it"},
    {"tlswhy explain E:M 544", "a message of two words"},
    {"tlswhy explain --platform esp-idf --version 5.1 -0x7E80", "a code of a known version"},
};
constexpr Example k_annotate[] = {
    {"tail -f monitor.log | tlswhy annotate", "explain lines as they come"},
    {"tlswhy annotate monitor.log", "a log that is complete"},
    {"tlswhy annotate capture.pcapng serial.log -o out.pcapng", "a capture with the verdict as comments, for Wireshark"},
};
constexpr Example k_bundle[] = {{"tlswhy bundle capture.pcapng serial.log -o case.tar.gz", "what to attach to a question"}};
constexpr Example k_triage[] = {
    {"tlswhy triage captures", "a folder of captures and logs"},
    {"tlswhy triage --ndjson captures", "the same for a program, a line for each input"},
};
constexpr Example k_codes[] = {
    {"tlswhy codes", "the tables"},
    {"tlswhy codes --search VERIFY", "every row with this text"},
};
constexpr Example k_causes[] = {
    {"tlswhy causes", "all causes"},
    {"tlswhy causes clock-not-set", "the page of one"},
};
constexpr Example k_devices[] = {
    {"tlswhy devices", "all profiles"},
    {"tlswhy devices axtls-micropython", "what one of them can do"},
};
constexpr Example k_whatif[] = {
    {"tlswhy whatif --device micropython-esp8266 capture.pcapng", "could this device have talked to the server of the capture?"},
    {"tlswhy whatif --device micropython-esp8266 --server mozilla-modern", "or to a server that is set up in a usual way?"},
};
constexpr Example k_diff[] = {{"tlswhy diff good.pcapng capture.pcapng", "what the failing connection did first that the good one did not"}};
constexpr Example k_serve[] = {{"tlswhy serve --port 8080", "the page at a port of your choice"}};
constexpr Example k_watch[] = {
    {"tlswhy watch monitor.log", "a log that a serial monitor is writing"},
    {"tlswhy watch -v monitor.log captures", "the log together with a folder that dumpcap -b writes into"},
};
constexpr Example k_schema[] = {{"tlswhy schema tlswhy-1", "the schema of the diagnosis"}};
constexpr Example k_completion[] = {{"tlswhy completion bash", "to be sourced, or put where bash looks for completions"}};

constexpr About k_about[] = {
    {"diagnose",
     "tlswhy reads packet captures, device logs, or both, and names the root cause of TLS handshakes that failed, with the evidence, what speaks "
     "against it, the fix, and the next check that would settle it. The kind of each file is told by its content: pcap and pcapng (also packed with "
     "gzip, zstd or lz4), logs of devices and servers, TLS key logs, certificates. It opens no connection.",
     k_diagnose},
    {"explain",
     "Each CODE is a number in any spelling, a symbol, the name of an alert, or a pasted line. A leading minus needs no escape. Where several "
     "libraries use the number, their meanings are ranked by how likely the text is to come from each.",
     k_explain},
    {"annotate", "Every byte of a log passes unchanged and at once; under a line that matters stands its explanation. A capture is written to -o as pcapng with "
     "comments on the frames that matter and on the whole; everything that was in it is kept.", k_annotate},
    {"bundle",
     "The archive holds the diagnosis as HTML, Markdown and JSON and the logs. Addresses, names, serial numbers and identities are pseudonyms, as with "
     "--redact; recognised keys and passwords are left out. Captures, certificates and key logs are not in it.",
     k_bundle},
    {"triage",
     "Folders are searched through; a capture and a log that belong together by name or folder are diagnosed together. One bad file never stops the "
     "rest.",
     k_triage},
    {"merge", "The files are what triage --shard I/N --ndjson wrote; the result has the bytes of one run over everything.", {}},
    {"serve",
     "The page is for this machine only: it listens on 127.0.0.1, and the address holds a token that is new each time. Logs are pasted and explained line by "
     "line, captures, logs, key logs, CA files and build configurations are dropped on it together. Nothing is kept and nothing is fetched from elsewhere. It "
     "runs until Ctrl-C.",
     k_serve},
    {"watch",
     "One line for each attempt when it has ended, within a second; Enter tells more about the last failure. Sources of all kinds may be given together: packets "
     "and lines are joined. An interface needs root or CAP_NET_RAW, which is given up once it is open. DTR and RTS of a serial port are left alone. Logs and folders "
     "are followed when they are rotated. It runs until Ctrl-C, in bounded memory, and then counts by cause and server.",
     k_watch},
    {"codes", "Without a word the tables are listed.", k_codes},
    {"causes", "Without a word all causes are listed; the id of one gives its page.", k_causes},
    {"devices", "The profiles that --device takes.", k_devices},
    {"whatif", "From a capture of any client with the server, or a usual server configuration: would the handshake of this device succeed, and if not, why.", k_whatif},
    {"diff", "Two captures, two logs or two device profiles are compared in the order in which a handshake goes.", k_diff},
    {"cert", "Chains, keys and CA files are checked against each other, the date, and what the device can do.", {}},
    {"schema", "Without a name the schemas are listed.", k_schema},
    {"completion", "SHELL is bash, zsh or fish.", k_completion},
};

const About* about(std::string_view command) {
  for (const About& entry : k_about) {
    if (entry.command == command) return &entry;
  }
  return nullptr;
}

std::string page_name(const Command& command) { return command.name == "diagnose" ? "tlswhy" : "tlswhy-" + std::string(command.name); }

std::string with_value(const OptionRow& row) {
  std::string out;
  for (const std::string& name : row.names) out += (out.empty() ? "" : ", ") + name;
  return row.value.empty() || row.positional ? out : out + " " + row.value;
}

void add_options(const CommandOptions& table, report::Document& page) {
  page.heading("Options");
  std::string group;
  for (const OptionRow& row : table.rows) {
    if (row.group != group && !row.positional && row.group != "Options") page.subheading(row.group);
    if (!row.positional) group = row.group;
    std::string text = row.text;
    if (row.required && !row.positional) text += " (required)";
    // The choices are named unless the text does so.
    if (!row.choices.empty() && text.find(row.choices.front()) == std::string::npos) {
      text += ":";
      for (const std::string& choice : row.choices) text += " " + choice;
    }
    if (row.repeatable && !row.positional) text += "; may be given several times";
    page.term(with_value(row), text + ".");
  }
}

void add_of_program(report::Document& page) {
  page.heading("Commands");
  for (const Command& command : commands()) {
    if (!command.hidden && command.name != "diagnose") page.term("tlswhy " + std::string(command.name), std::string(command.summary) + "; see tlswhy-" + std::string(command.name) + "(1)", page_name(command) + ".md");
  }
  page.heading("Environment");
  page.term("NO_COLOR", "Any value: no colours, unless --color always.");
  page.term("CLICOLOR_FORCE, FORCE_COLOR", "Any value: colours although the output is no terminal.");
  page.term("TLSWHY_SANDBOX", "off: do not drop rights before reading the inputs, which is done on Linux otherwise. tlswhy --version -v says what the kernel holds.");
}

}  // namespace

std::span<const Example> common_examples() { return k_common; }

report::Document manual_of(const CommandOptions& table) {
  const Command& command = *table.command;
  report::Document page(page_name(command), std::string(command.summary));
  std::string synopsis = usage_name(command) + " [OPTIONS]";
  for (const OptionRow& row : table.rows) {
    if (row.positional) synopsis += row.required ? " " + row.names.front() : " [" + row.names.front() + (row.repeatable ? "...]" : "]");
  }
  page.heading("Synopsis");
  page.code(synopsis);
  const About* const text = about(command.name);
  if (text != nullptr) {
    page.heading("Description");
    page.paragraph(text->text);
  }
  if (command.name == "diagnose") add_of_program(page);
  add_options(table, page);
  if (text != nullptr && !text->examples.empty()) {
    page.heading("Examples");
    for (const Example& example : text->examples) {
      page.paragraph(std::string(example.what) + ":");
      page.code(example.line);
    }
  }
  page.heading("Exit status");
  page.term("0", "Nothing failed, or the look-up succeeded.");
  page.term("1", "A failure was found and diagnosed, or a code is unknown.");
  page.term("2", "The command line makes no sense.");
  page.term("3", "An input could not be read or is damaged; what could be read is still reported. Or the output could not be written.");
  page.term("130", "Interrupted; what was done before is reported.");
  page.heading("See also");
  page.paragraph(command.name == "diagnose" ? "tlswhy-causes(7), tlswhy-codes(7), tlswhy-devices(7), tlswhy-dialects(7), tlswhy-json(5), wireshark(1), tcpdump(1)" : "tlswhy(1)");
  return page;
}

}  // namespace tlswhy::cli
