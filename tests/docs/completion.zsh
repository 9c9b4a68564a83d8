# SPDX-License-Identifier: Apache-2.0
# zsh completion.zsh DOCUMENTS: an interactive shell in a pseudo terminal completes, echo shows what it made of the line.
zmodload zsh/zpty || exit 77
folder=$(mktemp -d)
trap 'rm -rf $folder' EXIT
# Waits until the file has that many lines; what the shell prints meanwhile must be read, or it blocks.
lines_in() {
  for i in {1..300}; do
    [[ -e $1 && $(wc -l < $1) -ge $2 ]] && return
    zpty -r -t shell line >/dev/null
    sleep 0.1
  done
}
zpty shell zsh -f -i
zpty -w shell "fpath=($1/zsh/vendor-completions \$fpath); autoload -U compinit; compinit -u -d $folder/dump; tlswhy() { echo \"<\$*>\" >> $folder/got }"
# Keys typed before the line editor is up are not completed.
zpty -w shell "echo ready > $folder/ready"
lines_in $folder/ready 1
typeset -i typed=0
for keys in $'tlswhy causes clock-n\t\n' $'tlswhy --save-c\t x\n' $'tlswhy explain --color al\t\n'; do
  zpty -w -n shell $keys
  typed+=1
  lines_in $folder/got $typed
done
wanted=$'<causes clock-not-set>\n<--save-certificates x>\n<explain --color always>'
made=$(<$folder/got)
# The shell that ends runs this one's trap too, which takes the folder away.
zpty -d shell
[[ $made == $wanted ]] || { echo "got: $made"; exit 1 }
