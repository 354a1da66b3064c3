package config

import (
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/fault"
)

const envPrefix = "SIMKLD_"

// envName is the variable of a setting: SIMKLD_SCROBBLE_START_AFTER for scrobble.start_after.
func envName(setting string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(setting, ".", "_"))
}

// environment applies the variables over the file. It gives the variable's name for each setting that has one.
func (l *loader) environment(environ []string) (map[string]string, error) {
	names := make(map[string]string, len(l.known)) // variable -> setting
	for name := range l.known {
		names[envName(name)] = name
	}
	used := map[string]string{}
	for _, entry := range slices.Sorted(slices.Values(environ)) {
		variable, value, ok := strings.Cut(entry, "=")
		if !ok || !strings.HasPrefix(variable, envPrefix) {
			continue
		}
		name, known := names[variable]
		if !known {
			if err := l.unknownVariable(variable, names); err != nil {
				return nil, err
			}
			continue
		}
		s := l.known[name]
		if p := s.set(&l.config, s.parse(value), &l.env); p != nil {
			return nil, fault.New(fault.Usage, variable+": "+p.what, p.do)
		}
		used[name] = variable
	}
	return used, nil
}

// unknownVariable refuses a variable that begins like a section's. Others (SIMKLD_TOKEN, SIMKLD_STATE_DIR) are not
// settings.
func (l *loader) unknownVariable(variable string, names map[string]string) error {
	for _, array := range []string{keyRules, keyVLC} {
		if name := envName(array); variable == name || strings.HasPrefix(variable, name+"_") {
			return fault.New(fault.Usage, variable+": "+array+" cannot be set in the environment", "write it in the configuration file")
		}
	}
	key := strings.ToLower(strings.TrimPrefix(variable, envPrefix))
	for _, section := range l.siblings(nil) {
		if strings.HasPrefix(key, section+"_") {
			known := make([]string, 0, len(names))
			for name := range names {
				known = append(known, name)
			}
			slices.Sort(known)
			return fault.New(fault.Usage, "unknown key in the environment: "+variable, meant(variable, known, "see simkld config show"))
		}
	}
	return nil
}
