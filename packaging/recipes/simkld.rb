# Homebrew formula, for a tap of one's own.
class Simkld < Formula
  desc "Tells Simkl what your media players play (unofficial)"
  homepage "https://github.com/simkld/simkld"
  version "@VERSION@"
  license "MIT"

  on_macos do
    on_arm do
      url "https://github.com/simkld/simkld/releases/download/v@VERSION@/simkld-@VERSION@-darwin-arm64.tar.gz"
      sha256 "@DARWIN_ARM64@"
    end
    on_intel do
      url "https://github.com/simkld/simkld/releases/download/v@VERSION@/simkld-@VERSION@-darwin-amd64.tar.gz"
      sha256 "@DARWIN_AMD64@"
    end
  end
  on_linux do
    on_arm do
      url "https://github.com/simkld/simkld/releases/download/v@VERSION@/simkld-@VERSION@-linux-arm64.tar.gz"
      sha256 "@LINUX_ARM64@"
    end
    on_intel do
      url "https://github.com/simkld/simkld/releases/download/v@VERSION@/simkld-@VERSION@-linux-amd64.tar.gz"
      sha256 "@LINUX_AMD64@"
    end
  end

  def install
    bin.install "simkld"
    man1.install Dir["man1/*"]
    man5.install Dir["man5/*"]
    bash_completion.install "completions/simkld.bash" => "simkld"
    zsh_completion.install "completions/_simkld"
    fish_completion.install "completions/simkld.fish"
    pkgshare.install "config.example.toml"
  end

  service do
    run [opt_bin/"simkld", "run"]
    keep_alive true
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/simkld version")
  end
end
