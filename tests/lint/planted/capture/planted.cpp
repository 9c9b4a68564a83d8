// SPDX-License-Identifier: Apache-2.0
// A violation on purpose: tests/lint checks that it is found.
#include "tls/handshake.hpp"
