# SPDX-License-Identifier: Apache-2.0
# zsh completion.zsh DOCUMENTS: an interactive shell in a pseudo terminal completes, echo shows what it made of the line.
zmodload zsh/zpty || exit 77
folder=$(mktemp -d)
trap 'rm -rf $folder' EXIT
zpty shell zsh -f -i
zpty -w shell "fpath=($1/zsh/vendor-completions \$fpath); autoload -U compinit; compinit -u -d $folder/dump; tlswhy() { echo \"<\$*>\" >> $folder/got }"
zpty -w -n shell $'tlswhy causes clock-n\t\n'
zpty -w -n shell $'tlswhy --save-c\t x\n'
zpty -w -n shell $'tlswhy explain --color al\t\n'
zpty -w shell "echo done > $folder/done"
for i in {1..100}; do
  [[ -e $folder/done ]] && break
  zpty -r -t shell line >/dev/null
  sleep 0.1
done
zpty -d shell
wanted=$'<causes clock-not-set>\n<--save-certificates x>\n<explain --color always>'
[[ $(<$folder/got) == $wanted ]] || { echo "got: $(<$folder/got)"; exit 1 }
