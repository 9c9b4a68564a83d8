-- SPDX-License-Identifier: Apache-2.0
-- Wireshark: Tools, "Why did this fail?" runs tlswhy on the open packets and shows what it says.
-- Put this file into the personal plugin folder (Help, About Wireshark, Folders). tlswhy must be in the PATH, or the environment
-- variable TLSWHY names it. In tshark: tshark -q -X lua_script:tlswhy.lua -X lua_script1:print -r capture.pcapng

local PROGRAM = os.getenv("TLSWHY") or "tlswhy"
local WINDOWS = package.config:sub(1, 1) == "\\"

-- A word as the shell takes it, whatever is in it; nil if that cannot be done.
local function quoted(word)
  if WINDOWS then
    if word:find('["%%\r\n]') then return nil end
    return '"' .. word .. '"'
  end
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

local function run(arguments)
  local command = quoted(PROGRAM)
  for _, argument in ipairs(arguments) do
    local word = quoted(argument)
    if not command or not word then return "tlswhy: a file name cannot be passed on: " .. argument end
    command = command .. " " .. word
  end
  local pipe = io.popen(command .. " 2>&1", "r")
  if not pipe then return "tlswhy cannot be started" end
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- The key log that Wireshark itself decrypts with.
local function key_log()
  local known, path = pcall(get_preference, "tls.keylog_file")
  if known and type(path) == "string" and path ~= "" then return path end
  return nil
end

-- Wireshark does not tell the name of the open file, so the packets are written to a file that is removed afterwards. All packets are
-- written in their order: frame numbers are those on the screen.
local function collector()
  local self = { path = os.tmpname(), written = 0, left_out = 0 }
  function self.packet()
    if not self.dumper then self.dumper = Dumper.new_for_current(self.path, wtap_name_to_file_type_subtype("pcapng")) end
    -- A packet of another link type than the first one has no place in the file.
    if pcall(function() self.dumper:dump_current() end) then
      self.written = self.written + 1
    else
      self.left_out = self.left_out + 1
    end
  end
  function self.answer()
    if self.dumper then self.dumper:close() end
    local text
    if self.written == 0 then
      text = "No packets are open.\n"
    else
      local arguments = { "--color", "never", self.path }
      local keys = key_log()
      if keys then
        table.insert(arguments, "--keylog")
        table.insert(arguments, keys)
      end
      text = run(arguments)
      if self.left_out > 0 then
        text = text .. "\n" .. self.left_out .. " packets of another link type were left out; frame numbers after the first of them differ.\n"
      end
    end
    os.remove(self.path)
    return text
  end
  return self
end

if gui_enabled() then
  register_menu("Why did this fail?", function()
    local packets = collector()
    local tap = Listener.new("frame")
    tap.packet = packets.packet
    retap_packets()
    tap:remove()
    local window = TextWindow.new("Why did this fail?")
    window:set(packets.answer())
  end, MENU_TOOLS_UNSORTED)
elseif ({ ... })[1] == "print" then
  local packets = collector()
  local tap = Listener.new("frame")
  tap.packet = packets.packet
  function tap.draw() io.write(packets.answer()) end
end
