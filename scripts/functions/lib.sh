# What the builds of the functions share; sourced, not run.
# shellcheck shell=bash
# What is made lies in a folder of its own in the cache, keyed by all that it is made of: sources,
# lock file and the script that makes it. A second run finds it and does nothing.

scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
functions=$scripts/../tests/functions

say() { echo "functions: $*" >&2; }

# make_folder LANGUAGE STEP FILE...: prints the folder of that step, made if need be: the script of
# the language is called again with `STEP WORK`, finds the files in WORK/sources, and leaves the
# result in WORK/out.
make_folder() {
	local language=$1 step=$2 folder key
	shift 2
	key=$(key_of "$language" "$@") || return
	folder=${LULL_CACHE:-$HOME/.cache/lull}/functions/$language-$step-$key
	[[ -d $folder ]] || make_now "$folder" "$language" "$step" "$@" || return
	echo "$folder"
}

key_of() { # LANGUAGE FILE...
	local language=$1
	shift
	{
		uname -m
		cat "$scripts/functions/lib.sh" "$scripts/functions/$language"
		# Sorted by bytes, each with its name.
		cd "$functions/$language" || return
		find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
	} | sha256sum | cut -c1-16
}

# A shell of its own, for its trap. Every step is checked by hand: this is called in a condition,
# where `set -e` does not hold, and that is also why the step itself is a process of its own.
make_now() ( # FOLDER LANGUAGE STEP FILE...
	folder=$1 language=$2 step=$3
	shift 3
	mkdir -p "$(dirname "$folder")" || exit
	# Beside the folder, so that the last step is a rename: nobody sees half of it.
	work=$(mktemp -d "$folder.XXXXXX") || exit
	trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
	mkdir "$work/sources" "$work/out" || exit
	(cd "$functions/$language" && cp -R --parents "$@" "$work/sources") || exit
	say "making $language, $step"
	if ! "$0" "$step" "$work" >"$folder.log" 2>&1; then
		tail -n 30 "$folder.log" >&2
		say "$language, $step failed; the whole log: $folder.log"
		exit 1
	fi
	# Another run may have been quicker; then that one's is as good.
	mv -T "$work/out" "$folder" 2>/dev/null || [[ -d $folder ]]
)
