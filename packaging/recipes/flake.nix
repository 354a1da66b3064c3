{
  description = "Tells Simkl what your media players play (unofficial)";
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  outputs = { self, nixpkgs }:
    let
      systems = [ "x86_64-linux" "aarch64-linux" "x86_64-darwin" "aarch64-darwin" ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in {
      packages = each (pkgs: {
        # Built from the vendored archive of the release: no hash of modules has to be kept in step.
        default = pkgs.buildGoModule {
          pname = "simkld";
          version = "@VERSION@";
          src = pkgs.fetchzip {
            url = "https://github.com/simkld/simkld/releases/download/v@VERSION@/simkld-@VERSION@-vendored.tar.gz";
            hash = nixpkgs.lib.fakeHash; # Nix says the right one at the first build
          };
          vendorHash = null;
          subPackages = [ "cmd/simkld" ];
          env.CGO_ENABLED = 0;
          ldflags = [ "-s" "-w" "-X github.com/simkld/simkld/internal/about.version=@VERSION@" ];
          meta.mainProgram = "simkld";
        };
      });
    };
}
