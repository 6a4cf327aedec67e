// What foreign clients have in common: packages of the npm registry. Exit code 77 when they cannot be installed.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Installed once per set of packages, outside the repository; complete when it has its final name.
export function installPackages(packages) {
  const name = createHash('sha256').update(packages.join()).digest('hex').slice(0, 12);
  const directory = join(process.env.CNAI_NODE_CACHE ?? tmpdir(), `cnai-foreign-client-${name}`);
  if (!existsSync(directory)) {
    const unfinished = `${directory}-${process.pid}`;
    try {
      mkdirSync(unfinished, { recursive: true });
      writeFileSync(join(unfinished, 'package.json'), '{"private":true}');
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', ...packages], { cwd: unfinished, stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
      renameSync(unfinished, directory);
    } catch (error) {
      rmSync(unfinished, { recursive: true, force: true });
      if (!existsSync(directory)) {
        console.error(`npm install failed: ${error.stderr?.toString() || error.message}`);
        process.exit(77);
      }
    }
  }
  return createRequire(join(directory, 'index.js'));
}
