-- simkld script 1
--
-- Gives this mpv an IPC socket of its own, by which simkld sees what plays, and three commands without keys.
-- Written by "simkld setup mpv", taken away by "simkld setup mpv --undo".
--
-- Where the configuration or the command line names an input-ipc-server, that one is used and nothing is changed.
--
-- Keys are yours to choose, in input.conf:
--     Ctrl+z script-binding simkld/undo     take the last watch back
--     Ctrl+w script-binding simkld/count    count what plays as watched
--     Ctrl+f script-binding simkld/fix      say what this really is

local utils = require "mp.utils"

local windows = package.config:sub(1, 1) == "\\"
local made -- the file of the socket that this script asked for

local function absolute(path)
    return path ~= nil and path:sub(1, 1) == "/"
end

-- The parents of the folder of sockets, the best first: where other processes of this user, and only they, reach it.
local function parents()
    local list = {}
    local runtime = os.getenv("XDG_RUNTIME_DIR")
    if absolute(runtime) then
        local flatpak = os.getenv("FLATPAK_ID")
        if flatpak ~= nil and flatpak ~= "" then
            -- The rest of a Flatpak's runtime folder is its own, and nobody outside sees it.
            runtime = runtime .. "/app/" .. flatpak
        end
        list[#list + 1] = runtime .. "/simkld"
    end
    local home = os.getenv("HOME")
    if absolute(home) then
        list[#list + 1] = home .. "/.local/state/simkld"
    end
    return list
end

-- The folder below one of them, made if it is missing; nil where that is not allowed.
local function folder(above)
    local dir = above .. "/mpv"
    if utils.file_info(dir) == nil then
        mp.command_native({
            name = "subprocess",
            playback_only = false,
            capture_stderr = true,
            args = {"mkdir", "-p", "-m", "700", above, dir},
        })
    end
    local info = utils.file_info(dir)
    if info == nil or not info.is_dir then
        return nil
    end
    return dir
end

local function socket()
    local pid = utils.getpid()
    if windows then
        return string.format("\\\\.\\pipe\\simkld-mpv-%d", pid)
    end
    local dir
    for _, above in ipairs(parents()) do
        dir = dir or folder(above)
    end
    if dir == nil then
        return nil
    end
    local path = string.format("%s/%d.sock", dir, pid)
    if os.getenv("FLATPAK_ID") ~= nil or utils.file_info(path) ~= nil then
        -- A sandbox numbers its processes from 1, and one process can hold two mpv.
        path = string.format("%s/%d-%.0f.sock", dir, pid, mp.get_time() * 1e6)
    end
    return path
end

local function listen()
    if mp.get_property("input-ipc-server", "") ~= "" then
        return
    end
    if mp.get_property_bool("option-info/input-ipc-server/set-from-commandline", false) then
        return -- somebody wants none
    end
    local path = socket()
    if path == nil then
        mp.msg.warn("no folder for a socket: simkld does not see this mpv")
        return
    end
    mp.set_property("input-ipc-server", path)
    if not windows then
        made = path
    end
end

for _, name in ipairs({"undo", "count", "fix"}) do
    mp.add_key_binding(nil, name, function()
        mp.commandv("script-message", "simkld", name)
    end)
end

mp.register_event("shutdown", function()
    if made ~= nil then
        os.remove(made)
    end
end)

listen()
