// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tlswhy::cli {

// From now on the first SIGINT, SIGTERM or SIGHUP is only noted, so that the command can end in good order; a second one ends the process.
// Reads that wait are interrupted (no SA_RESTART). SIGHUP stays ignored where it is (nohup).
void note_interrupts();
// Whether such a signal has come.
[[nodiscard]] bool interrupted();

}  // namespace tlswhy::cli
