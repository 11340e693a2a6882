//! What may never change, wherever it lies: the deny side of the policy.
//!
//! A glob names a file or a folder; whatever lies below it is protected too. Globs and paths are
//! compared in lower case, because a checkout on Windows or macOS does not tell case apart.
//! `*` stops at a slash, `**` does not.

use super::Reason;
use super::look::fold;

/// Why a path is protected.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "camelCase")]
pub enum Protected {
    /// Git's own files, or what steers git.
    Git,
    /// Keys, certificates, environment files.
    Secret,
    /// Dependency manifests, lock files and vendored code.
    Dependency,
    /// Deployment, build machines, containers.
    Infrastructure,
    /// Code that runs on a server.
    BackEnd,
    /// What coding agents take instructions from.
    AgentInstructions,
    /// Configuration of tools and build.
    Configuration,
    /// A dot file that is none of the above.
    Hidden,
    /// A glob of the operator.
    Operator,
}

impl std::fmt::Display for Protected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Git => "belongs to git",
            Self::Secret => "may hold a secret",
            Self::Dependency => "is a dependency manifest or dependency",
            Self::Infrastructure => "is infrastructure",
            Self::BackEnd => "is back-end code",
            Self::AgentInstructions => "instructs coding agents",
            Self::Configuration => "is configuration",
            Self::Hidden => "is a hidden file",
            Self::Operator => "is excluded by the operator",
        })
    }
}

/// The built-in protection. The first group with a match names the reason.
pub(super) const BUILT_IN: [(Protected, &[&str]); 8] = [
    (Protected::Git, &["**/.git*", "**/codeowners"]),
    (
        Protected::Secret,
        &[
            "**/.env*",
            "**/*.env",
            "**/.npmrc",
            "**/.yarnrc*",
            "**/.netrc",
            "**/.pypirc",
            "**/.ssh",
            "**/.aws",
            "**/.dev.vars*",
            "**/*.{pem,key,p8,p12,pfx,crt,cer,der,jks,keystore,kdbx,asc,gpg,ppk}",
            "**/id_{rsa,dsa,ecdsa,ed25519}*",
            "**/credentials{,.*}",
            "**/secrets.*",
            "**/service-account*.json",
            "**/service_account*.json",
        ],
    ),
    (
        Protected::Dependency,
        &[
            "**/package.json",
            "**/package.json5",
            "**/package.yaml",
            "**/*package-lock.json",
            "**/npm-shrinkwrap.json",
            "**/*.lock",
            "**/*.lockb",
            "**/*-lock.{yaml,yml,json}",
            "**/pnpm-workspace.*",
            "**/deno.{json,jsonc}",
            "**/{jsr,bower,lerna,rush,nx,turbo,import_map}.json",
            "**/cargo.toml",
            "**/go.{mod,sum,work}",
            "**/requirements*.{txt,in}",
            "**/pyproject.toml",
            "**/pipfile",
            "**/setup.{py,cfg}",
            "**/gemfile",
            "**/*.gemspec",
            "**/composer.json",
            "**/pom.xml",
            "**/*.gradle",
            "**/*.gradle.kts",
            "**/*.{csproj,fsproj,vbproj,sln}",
            "**/packages.config",
            "**/podfile",
            "**/package.swift",
            "**/mix.exs",
            "**/rebar.config",
            "**/{node_modules,bower_components,jspm_packages,vendor,site-packages}",
        ],
    ),
    (
        Protected::Infrastructure,
        &[
            "**/.{circleci,buildkite,gitlab,travis,semaphore,azure*,drone,woodpecker,forgejo,gitea}*",
            "**/{docker,container}file",
            "**/{docker,container}file.*",
            "**/*.dockerfile",
            "**/docker-compose*",
            "**/compose.{yml,yaml}",
            "**/*.{tf,tfvars,tfstate,hcl,bicep,nomad}",
            "**/{docker,terraform,infra,infrastructure,kubernetes,k8s,helm,ansible,pulumi,cdk,ci}",
            "**/wrangler.*",
            "**/vercel.json",
            "**/netlify.toml",
            "**/fly.toml",
            "**/render.yaml",
            "**/firebase.json",
            "**/amplify.yml",
            "**/serverless.*",
            "**/app.yaml",
            "**/chart.yaml",
            "**/procfile",
            "**/vagrantfile",
            "**/jenkinsfile*",
            "**/makefile",
            "**/justfile",
            "**/rakefile",
            "**/gruntfile.*",
            "**/gulpfile.*",
            "**/*.{mk,cmake,service}",
            "**/*.{sh,bash,zsh,fish,ps1,psm1,bat,cmd,exe,dll,so,dylib}",
        ],
    ),
    (
        Protected::BackEnd,
        &[
            // Next.js serves these from the server: pages/api, app/api, route handlers.
            "**/{app,pages}/api",
            "**/{app,pages}/**/api",
            "**/app/**/route.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
            "**/{middleware,proxy,instrumentation}.{js,mjs,cjs,ts,mts,cts}",
            "**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}",
            "**/server.{js,jsx,mjs,cjs,ts,tsx,mts,cts}",
            "**/*.server.{js,jsx,mjs,cjs,ts,tsx,mts,cts,svelte}",
            "**/*.{py,rb,php,go,rs,java,kt,kts,scala,groovy,clj,cs,vb,ex,exs,erl,pl,lua,c,cc,cpp,h,hpp,swift,sql,prisma}",
        ],
    ),
    (
        Protected::AgentInstructions,
        &[
            "**/{claude,agents,gemini,copilot-instructions}*.md",
            "**/.{claude,cursor,codex,copilot,aider,windsurf,mcp}*",
        ],
    ),
    (
        Protected::Configuration,
        &[
            "**/*.config",
            "**/*.config.*",
            "**/{ts,js}config*.json",
            "**/config.{js,cjs,mjs,ts,json}",
            "**/{angular,project,workspace,manifest,components}.json",
            "**/ngsw-config.json",
            "**/*.{toml,ini,conf,cfg,properties,yml,yaml,plist,editorconfig}",
        ],
    ),
    (Protected::Hidden, &["**/.*"]),
];

pub(super) fn check(path: &str, operator: &[String]) -> Result<(), Reason> {
    let path = fold(path);
    let built_in = BUILT_IN
        .iter()
        .flat_map(|(why, globs)| globs.iter().map(|glob| (*why, *glob)));
    let own = operator
        .iter()
        .map(|glob| (Protected::Operator, glob.as_str()));
    match built_in
        .chain(own)
        .find(|(_, glob)| matches_it_or_a_parent(glob, &path))
    {
        Some((why, glob)) => Err(Reason::Protected {
            why,
            glob: glob.to_owned(),
        }),
        None => Ok(()),
    }
}

fn matches_it_or_a_parent(glob: &str, path: &str) -> bool {
    match glob.strip_prefix("**/") {
        // A name at any depth, as most are: each name of the path is looked at once.
        Some(name) if !name.contains('/') => path
            .split('/')
            .any(|segment| fast_glob::glob_match(name, segment)),
        _ => {
            let parents = path.match_indices('/').map(|(end, _)| &path[..end]);
            parents
                .chain([path])
                .any(|part| fast_glob::glob_match(glob, part))
        }
    }
}
