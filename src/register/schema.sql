-- The register's tables. docs/REGISTER-FORMAT.md tells what stands in them and how an auditor recomputes it.
-- Rows are only ever added; `store.rs` adds the triggers that hold it, three for each table.
--
-- A "key" of a planned, refused or issued row is plan number * 2^32 + index, so that rows lie in the order of their
-- plan and a page of them is one range.

-- Every act, in order, chained by hash.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY CHECK (seq > 0),
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL,
  previous BLOB NOT NULL CHECK (length(previous) = 32),
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- One row: which register this is.
CREATE TABLE register (
  entry INTEGER PRIMARY KEY CHECK (entry = 1),
  format INTEGER NOT NULL,
  id BLOB NOT NULL CHECK (length(id) = 16),
  created INTEGER NOT NULL,
  rehearsal TEXT NOT NULL CHECK (rehearsal IN ('live', 'rehearsal'))
) STRICT;

-- Keys that sign certificates. `succeeds` is the authority of the same subject whose place a new key takes.
CREATE TABLE authority (
  entry INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  key_uri TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  spki BLOB NOT NULL,
  created INTEGER NOT NULL,
  request BLOB,
  succeeds TEXT REFERENCES authority (name)
) STRICT;

-- Requests that they made later, with the same key, for a further certificate.
CREATE TABLE authority_request (
  entry INTEGER PRIMARY KEY,
  authority TEXT NOT NULL REFERENCES authority (name),
  time INTEGER NOT NULL,
  request BLOB NOT NULL
) STRICT;

-- Their certificates. The latest entry of the role `issues` is the one that the authority issues under; the others stay
-- for what was issued under them, and those `beside` only lead to the key on another path. `chain` is the DER of the
-- certificates above, concatenated, root last, empty where the certificate is the root.
CREATE TABLE authority_certificate (
  entry INTEGER PRIMARY KEY,
  authority TEXT NOT NULL REFERENCES authority (name),
  role TEXT NOT NULL CHECK (role IN ('beside', 'issues')),
  certificate BLOB NOT NULL,
  chain BLOB NOT NULL,
  installed INTEGER NOT NULL
) STRICT;

-- Authorities whose keys came from outside. `waived` names the PKCS#11 attributes that do not say of such a key what they
-- say of one made in the token, with commas between them; `digest` is what the words stood for that an officer typed.
CREATE TABLE adoption (
  entry INTEGER PRIMARY KEY,
  authority TEXT NOT NULL UNIQUE REFERENCES authority (name),
  time INTEGER NOT NULL,
  origin TEXT NOT NULL,
  waived TEXT NOT NULL,
  certificate_sha256 BLOB NOT NULL CHECK (length(certificate_sha256) = 32),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- One row a stored plan. `block_lists` names the lists that the keys were looked up in; NULL where they were in none.
CREATE TABLE plan (
  number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483647),
  entry INTEGER NOT NULL UNIQUE,
  id TEXT NOT NULL UNIQUE,
  authority TEXT NOT NULL REFERENCES authority (name),
  kind TEXT NOT NULL CHECK (kind IN ('batch', 'cross', 'link', 'root', 'verification')),
  profile TEXT NOT NULL,
  profile_text TEXT NOT NULL,
  waivers TEXT NOT NULL,
  block_lists TEXT,
  approval TEXT NOT NULL CHECK (approval IN ('typed', 'unattended')),
  duplicate_keys TEXT NOT NULL CHECK (duplicate_keys IN ('note', 'refuse')),
  created INTEGER NOT NULL,
  issuer_sha256 BLOB NOT NULL CHECK (length(issuer_sha256) = 32),
  accepted INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  skipped INTEGER NOT NULL,
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

-- What is to be signed, octet for octet. No foreign key to `plan`: the plan's row is written after these, in the same
-- transaction, when its digest is known; the audit holds that no row is without its plan.
CREATE TABLE planned (
  key INTEGER PRIMARY KEY CHECK (key = (plan << 32 | idx) AND idx > 0),
  plan INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  source TEXT NOT NULL,
  serial BLOB NOT NULL UNIQUE,
  spki_sha256 BLOB NOT NULL CHECK (length(spki_sha256) = 32),
  not_before INTEGER NOT NULL,
  not_after INTEGER NOT NULL,
  subject BLOB NOT NULL,
  subject_sha256 BLOB NOT NULL CHECK (length(subject_sha256) = 32),
  notes TEXT NOT NULL,
  request_sha256 BLOB CHECK (length(request_sha256) = 32),
  tbs_sha256 BLOB NOT NULL CHECK (length(tbs_sha256) = 32),
  tbs BLOB NOT NULL,
  request BLOB
) STRICT;

-- Eight octets find a key as surely as 32, and the index of a million keys stays in the cache.
CREATE INDEX planned_spki ON planned (substr(spki_sha256, 1, 8));

-- The same of a subject, of which `subject_sha256` is the digest as relying parties compare names.
CREATE INDEX planned_subject ON planned (substr(subject_sha256, 1, 8));

-- What is not to be signed, with every finding.
CREATE TABLE refused (
  key INTEGER PRIMARY KEY CHECK (key = (plan << 32 | idx) AND idx > 0),
  plan INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict IN ('refused', 'skipped')),
  source TEXT NOT NULL,
  sha256 BLOB CHECK (length(sha256) = 32),
  subject TEXT,
  algorithm TEXT,
  findings TEXT NOT NULL
) STRICT;

-- Who approved which digest.
CREATE TABLE approval (
  entry INTEGER PRIMARY KEY,
  plan INTEGER NOT NULL REFERENCES plan (number),
  time INTEGER NOT NULL,
  method TEXT NOT NULL CHECK (method IN ('command', 'typed words', 'unattended profile')),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
CREATE INDEX approval_plan ON approval (plan);

-- What was put away before anything of it was signed, and why. Such a plan is never approved nor signed.
CREATE TABLE withdrawal (
  entry INTEGER PRIMARY KEY,
  plan INTEGER NOT NULL UNIQUE REFERENCES plan (number),
  time INTEGER NOT NULL,
  reason TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 500)
) STRICT;

-- What was signed: with the planned octets, the whole certificate.
CREATE TABLE issued (
  key INTEGER PRIMARY KEY REFERENCES planned (key),
  entry INTEGER NOT NULL,
  time INTEGER NOT NULL,
  certificate_sha256 BLOB NOT NULL CHECK (length(certificate_sha256) = 32),
  signature BLOB NOT NULL
) STRICT;
CREATE INDEX issued_entry ON issued (entry);

-- What was handed over.
CREATE TABLE delivery (
  entry INTEGER PRIMARY KEY,
  plan INTEGER NOT NULL REFERENCES plan (number),
  time INTEGER NOT NULL,
  folder TEXT NOT NULL,
  manifest_sha256 BLOB NOT NULL CHECK (length(manifest_sha256) = 32),
  certificates INTEGER NOT NULL
) STRICT;
CREATE INDEX delivery_plan ON delivery (plan);

-- Signed heads of the journal.
CREATE TABLE checkpoint (
  entry INTEGER PRIMARY KEY,
  head INTEGER NOT NULL REFERENCES journal (seq),
  hash BLOB NOT NULL CHECK (length(hash) = 32),
  time INTEGER NOT NULL,
  algorithm BLOB NOT NULL,
  spki BLOB NOT NULL,
  signature BLOB NOT NULL
) STRICT;

-- Certificates that an authority issued elsewhere before it moved in, out of the list that came with it: they can be
-- revoked, and their serial numbers are never given again.
CREATE TABLE listed (
  number INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  authority TEXT NOT NULL REFERENCES authority (name),
  serial BLOB NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('expired', 'revoked', 'valid')),
  not_after INTEGER NOT NULL,
  subject TEXT NOT NULL,
  UNIQUE (authority, serial)
) STRICT;
CREATE INDEX listed_entry ON listed (entry);

-- What became of certificates, in the order it was recorded; the last row of a certificate is what holds. `date` is the
-- revocationDate that a CRL shows; of a released hold, the moment of the release.
CREATE TABLE revocation (
  number INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  authority TEXT NOT NULL REFERENCES authority (name),
  serial BLOB NOT NULL,
  act TEXT NOT NULL CHECK (act IN ('held', 'released', 'revoked')),
  reason TEXT NOT NULL,
  date INTEGER NOT NULL,
  invalidity_date INTEGER
) STRICT;
CREATE INDEX revocation_serial ON revocation (authority, serial, number);
CREATE INDEX revocation_entry ON revocation (entry);

-- Partitions: what certificates are divided among that have small CRLs of their own beside the full one. `point` is the
-- distributionPoint, from its tag [0] on, that stands in the certificates and in the CRLs; `entry` is a plan that divides
-- its certificates among them. The same point has the same `idx` in all plans of an authority.
CREATE TABLE crl_partition (
  number INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  authority TEXT NOT NULL REFERENCES authority (name),
  idx INTEGER NOT NULL CHECK (idx BETWEEN 1 AND 4294967295),
  point BLOB NOT NULL,
  UNIQUE (entry, idx),
  UNIQUE (entry, point)
) STRICT;
CREATE INDEX crl_partition_idx ON crl_partition (authority, idx);
CREATE INDEX crl_partition_point ON crl_partition (authority, point);

-- CRLs: the octets to sign stand in `crl_part`, and are durable before they are signed. `revocations` is the number of
-- the newest row of `revocation` that was looked at. One that was made is approved by the command that names it, or by
-- its words, which an officer typed. `partition` is 0 for the full CRL, else `idx` of a partition of the authority.
CREATE TABLE crl (
  number INTEGER PRIMARY KEY CHECK (number BETWEEN 1 AND 2147483647),
  entry INTEGER NOT NULL UNIQUE,
  authority TEXT NOT NULL REFERENCES authority (name),
  partition INTEGER NOT NULL CHECK (partition BETWEEN 0 AND 4294967295),
  origin TEXT NOT NULL CHECK (origin IN ('command', 'typed words', 'elsewhere')),
  issuer_sha256 BLOB NOT NULL CHECK (length(issuer_sha256) = 32),
  crl_number BLOB,
  this_update INTEGER NOT NULL,
  next_update INTEGER,
  entries INTEGER NOT NULL,
  previous INTEGER REFERENCES crl (number),
  revocations INTEGER NOT NULL,
  tbs_octets INTEGER NOT NULL,
  tbs_sha256 BLOB NOT NULL CHECK (length(tbs_sha256) = 32),
  UNIQUE (authority, partition, crl_number)
) STRICT;

-- The octets of a TBSCertList in order. As for planned certificates, the row of `crl` is written after these.
CREATE TABLE crl_part (
  key INTEGER PRIMARY KEY CHECK (key = (crl << 32 | idx) AND idx > 0),
  crl INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  octets BLOB NOT NULL
) STRICT;

-- Entries of the CRL before that a CRL has no more, and why that is allowed.
CREATE TABLE crl_left (
  key INTEGER PRIMARY KEY CHECK (key = (crl << 32 | idx) AND idx > 0),
  crl INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  serial BLOB NOT NULL,
  why TEXT NOT NULL CHECK (why IN ('expired', 'released'))
) STRICT;

-- CRLs that are signed: with the parts, the whole CRL.
CREATE TABLE crl_issued (
  crl INTEGER PRIMARY KEY REFERENCES crl (number),
  entry INTEGER NOT NULL UNIQUE,
  time INTEGER NOT NULL,
  sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
  signature BLOB NOT NULL
) STRICT;

-- CRLs that were handed over.
CREATE TABLE crl_delivery (
  entry INTEGER PRIMARY KEY,
  crl INTEGER NOT NULL REFERENCES crl (number),
  time INTEGER NOT NULL,
  folder TEXT NOT NULL,
  manifest_sha256 BLOB NOT NULL CHECK (length(manifest_sha256) = 32)
) STRICT;
CREATE INDEX crl_delivery_crl ON crl_delivery (crl);

-- Authorities that moved in: what came with them. `crl` is NULL where it was recorded that one never made a CRL.
CREATE TABLE takeover (
  entry INTEGER PRIMARY KEY,
  authority TEXT NOT NULL UNIQUE REFERENCES authority (name),
  time INTEGER NOT NULL,
  crl INTEGER REFERENCES crl (number),
  listed INTEGER NOT NULL,
  revocations INTEGER NOT NULL
) STRICT;

-- What became of the mark of this register's head in a token: `begun` where the token had none and keeps one from then on,
-- `refused` where it keeps no such object. `token` and `serial` are what the token calls itself.
CREATE TABLE head_mark (
  entry INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  token TEXT NOT NULL,
  serial TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('begun', 'refused'))
) STRICT;

-- An older register that was put back and went on by typed words: the entry that its token had seen, and the digest that
-- the words stand for.
CREATE TABLE older_register (
  entry INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  seen_entry INTEGER NOT NULL,
  seen_hash BLOB NOT NULL CHECK (length(seen_hash) = 32),
  digest BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;
