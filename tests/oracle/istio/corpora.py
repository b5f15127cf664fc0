#!/usr/bin/env python3
"""What Istio and lameduck say of the Istio resources of real repositories.

    corpora.py ORACLE LAMEDUCK CORPUS...

ORACLE is istio-oracle, LAMEDUCK a binary, each CORPUS a folder with a folder of each repository. Each repository is a run
of its own. Counted are the objects that Istio accepts, with those in which a schema rule reports an error, and those that it
refuses, with those in which an error stands; the others are listed with Istio's words. The five kinds are DestinationRule,
VirtualService, PeerAuthentication, Sidecar and Telemetry.
"""
import collections
import json
import pathlib
import subprocess
import sys

GROUPS = ('networking', 'security', 'telemetry', 'extensions')
FIVE = {'DestinationRule', 'VirtualService', 'PeerAuthentication', 'Sidecar', 'Telemetry'}


def files(repository):
    """The files of a repository that hold resources of Istio, below it."""
    for path in sorted(repository.rglob('*.y*ml')):
        if path.is_file() and any(f'{group}.istio.io/'.encode() in path.read_bytes() for group in GROUPS):
            yield str(path.relative_to(repository))


def errors(lameduck, repository):
    """The lines and categories of the errors of each file."""
    command = [lameduck, 'check', '--no-config', '--format', 'json', '-q', '.']
    done = subprocess.run(command, cwd=repository, capture_output=True, check=False)
    found = collections.defaultdict(list)
    for finding in json.loads(done.stdout)['findings']:
        if finding['severity'] == 'error':
            found[finding['path']].append((finding['location']['start']['line'], finding['category']))
    return found


def main():
    oracle, lameduck, *corpora = sys.argv[1:]
    counts, listed = collections.Counter(), []
    for repository in (it for corpus in corpora for it in sorted(pathlib.Path(corpus).iterdir())):
        names = list(files(repository)) if repository.is_dir() else []
        if not names:
            continue
        counts['repositories'] += 1
        judged = subprocess.run([oracle], input='\n'.join(names) + '\n', cwd=repository, capture_output=True, text=True, check=False)
        found = errors(lameduck, repository)
        for line in judged.stdout.splitlines():
            verdict = json.loads(line)
            if 'istio.io' not in (verdict.get('api') or '') or verdict['verdict'] == 'other-kind':
                continue
            own = [category for at, category in found[verdict['file']] if verdict['start'] <= at <= verdict['end']]
            of_five = ' (five kinds)' if verdict['kind'] in FIVE else ''
            said = 'accepted' if verdict['verdict'] == 'ok' else 'refused'
            counts[said] += 1
            counts[said + ' (five kinds)'] += bool(of_five)
            if said == 'accepted' and 'schema' in own:
                counts['accepted, and an error of a schema rule'] += 1
                listed.append(f'FALSE {repository.name}/{verdict["file"]}:{verdict["start"]}')
            if said == 'refused' and own:
                counts['refused, and an error'] += 1
                counts['refused, and an error (five kinds)'] += bool(of_five)
            elif said == 'refused':
                words = '; '.join(problem.get('message', '').strip() for problem in verdict.get('problems', []))
                listed.append(f'{repository.name}/{verdict["file"]}:{verdict["start"]} {verdict["kind"]}: {words}')
    for name, count in sorted(counts.items()):
        print(f'{count:5}  {name}')
    print('\n'.join(listed))


if __name__ == '__main__':
    main()
