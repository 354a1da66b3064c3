# What plays and what needs you, for a status bar. Copy it to ~/.config/simkld/bar.jq.
def line: ([.sessions[]? | select(.state != "stopped" and .reason == "").identity][0]) as $i
  | (.queue.unmatched + .queue.dead) as $n
  | if .pid == 0 then "simkld off"
    elif .account.linked != true then "simkld: log in"
    else "\($i.title // "")"
      + (if $i.season != null and ($i.episodes[0] // null) != null then " S\($i.season)E\($i.episodes[0])" else "" end)
      + (if $n == 1 then "  1 needs you" elif $n > 1 then "  \($n) need you" else "" end)
    end;
def waybar: {text: (line | @html), class: (if .pid == 0 then "off" elif (.queue.unmatched + .queue.dead) > 0 then "needs-you" else "on" end)};
def polybar: line | split("%{") | join("% {");
def tmux: line | split("#") | join("##");
def plain: line;
