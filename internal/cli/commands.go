package cli

import "github.com/spf13/cobra"

// commands are all of them, in the order in which help shows those of a group.
func commands(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newSetup(env), newLogin(env), newLogout(env), newService(env), newAutostart(env), newConfig(env), newDoctor(env),
		newRun(env), newStatus(env), newDashboard(env), newWhy(env), newHistory(env), newNext(env), newRequests(env),
		newUnmatched(env), newFix(env), newRules(env), newUndo(env), newMark(env), newPrivate(env), newQueue(env), newImport(env),
		newTrending(env), newCalendar(env),
		newWatch(env), newCheckin(env), newWatchlist(env), newRate(env), newRewatches(env), newPlayback(env),
		newMatch(env), newDemo(env), newRecord(env), newReplay(env), newSandbox(env),
		newCompletion(env), newVersion(env),
	}
}
