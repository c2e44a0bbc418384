-- What the night loads and dbt reads: one home for the names and types of schema raw.
-- Rows are added by file_id; only what is kept of a returned file goes when that file is delivered and judged again.
-- dbt rebuilds everything else from them.
CREATE SCHEMA IF NOT EXISTS raw;

-- One row: the site this warehouse belongs to and the night that built it.
CREATE TABLE IF NOT EXISTS raw.site (
    home_code VARCHAR NOT NULL,
    home_level VARCHAR NOT NULL,
    run_date DATE NOT NULL,
    snapshot_id VARCHAR NOT NULL,
    history_months INTEGER NOT NULL
);

-- The division registers loaded, with the columns of ref.division.
CREATE TABLE IF NOT EXISTS raw.division (
    code VARCHAR NOT NULL,
    level VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    full_name VARCHAR NOT NULL,
    parent_code VARCHAR,
    province_code VARCHAR,
    city_code VARCHAR,
    county_code VARCHAR,
    township_code VARCHAR,
    village_code VARCHAR,
    urban_rural_code VARCHAR,
    is_virtual BOOLEAN NOT NULL,
    -- true: 市辖区 of a city; false: a county, county-level city or place of its own; null: not provable
    is_city_district BOOLEAN,
    valid_from DATE NOT NULL,
    valid_to DATE
);

-- What became of divisions: one row per division that took something over from another one.
CREATE TABLE IF NOT EXISTS raw.division_change (
    from_code VARCHAR NOT NULL,
    to_code VARCHAR NOT NULL,
    change_date DATE NOT NULL,
    -- rename, recode, merge, split, transfer (the old one goes on), level_change
    kind VARCHAR NOT NULL,
    -- the share of the people of from_code that went to to_code, and how it is known; null: not known
    weight DOUBLE,
    weight_basis VARCHAR,
    source VARCHAR NOT NULL
);

-- The definitions that this site adds to those that ship, with the columns of the seed `definition`.
CREATE TABLE IF NOT EXISTS raw.definition (
    definition_id VARCHAR NOT NULL,
    agency VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL,
    direction VARCHAR NOT NULL,
    stock_or_flow VARCHAR NOT NULL,
    boundary_level VARCHAR NOT NULL,
    within_boundary VARCHAR,
    excludes_intra_city BOOLEAN,
    min_duration VARCHAR NOT NULL,
    clock VARCHAR NOT NULL,
    sex VARCHAR,
    age_min INTEGER,
    age_max INTEGER,
    hukou_nature VARCHAR,
    dest_area VARCHAR,
    required_service VARCHAR,
    purpose_required VARCHAR,
    excluded_reasons VARCHAR,
    unit VARCHAR NOT NULL,
    own_form VARCHAR,
    reference_time VARCHAR,
    valid_from DATE,
    valid_to DATE,
    source VARCHAR NOT NULL,
    note VARCHAR,
    note_zh VARCHAR
);

-- Code lists and the senders' words and codes for them, from the form declarations.
CREATE TABLE IF NOT EXISTS raw.code (
    list_id VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    name_zh VARCHAR NOT NULL,
    name_en VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS raw.code_map (
    form_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    source_value VARCHAR NOT NULL,
    code VARCHAR NOT NULL,
    valid_from DATE,
    valid_to DATE,
    source VARCHAR
);

-- What confirms that the people of a form are still there (report: a list that shows them, registered_date: the day of
-- registration), and how long it does; a form that is not here vouches for ever.
CREATE TABLE IF NOT EXISTS raw.form (
    form_id VARCHAR NOT NULL,
    confirm_by VARCHAR NOT NULL,
    confirm_months INTEGER NOT NULL,
    confirm_days INTEGER NOT NULL
);

-- What the items of count forms count, from the form declarations, in the terms of a definition.
CREATE TABLE IF NOT EXISTS raw.form_item (
    form_id VARCHAR NOT NULL,
    item VARCHAR NOT NULL,
    -- the definition whose count on the records this item is held against; null: none
    definition_id VARCHAR,
    -- in, out, flow; null: registered people
    direction VARCHAR,
    is_registered BOOLEAN NOT NULL,
    sex VARCHAR,
    age_min INTEGER,
    age_max INTEGER,
    min_duration VARCHAR,
    max_duration VARCHAR,
    range VARCHAR,
    -- the boundary (a level, or country) that the range lies beyond, and the one it lies within
    beyond_level VARCHAR,
    within_level VARCHAR,
    origin_kind VARCHAR,
    dwelling VARCHAR
);
-- Which items of a count form make up another one: one row for each part of a sum. Parts of a group may be counted
-- beside the others or inside one of them.
CREATE TABLE IF NOT EXISTS raw.form_sum (
    form_id VARCHAR NOT NULL,
    whole VARCHAR NOT NULL,
    aspect VARCHAR NOT NULL,
    sum_number INTEGER NOT NULL,
    part VARCHAR NOT NULL,
    beside_group INTEGER
);

-- One row per delivered file that a published night has taken.
CREATE TABLE IF NOT EXISTS raw.file (
    file_id VARCHAR NOT NULL,
    -- relative to the inbox; without control characters, personal numbers in it masked
    path VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL,
    content_id VARCHAR,
    form_id VARCHAR,
    unit_code VARCHAR,
    unit_level VARCHAR,
    period VARCHAR,
    reported_on DATE,
    list_kind VARCHAR,
    received_at TIMESTAMP NOT NULL,
    night_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    rows_in BIGINT NOT NULL,
    rows_accepted BIGINT NOT NULL,
    rows_returned BIGINT NOT NULL,
    rows_duplicate BIGINT NOT NULL,
    -- what its content was read as, whatever its name says
    format VARCHAR,
    -- the archive in the inbox that the file came in; null where it came by itself
    container_path VARCHAR,
    -- of a corrected slip: the file whose rows it replaces
    corrects_file_id VARCHAR
);

-- Accepted rows of person forms, under pseudonyms.
CREATE TABLE IF NOT EXISTS raw.person_row (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    form_id VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    reported_on DATE NOT NULL,
    list_kind VARCHAR NOT NULL,
    side VARCHAR NOT NULL,
    -- the row's own key: of its number, or, where it has no valid one, of what it says about whom; never changed later
    person_key VARCHAR NOT NULL,
    is_numbered BOOLEAN NOT NULL DEFAULT true,
    id_kind VARCHAR,
    sex VARCHAR,
    birth_date DATE,
    hukou_nature VARCHAR,
    education_code VARCHAR,
    origin_code VARCHAR,
    origin_level VARCHAR,
    origin_match VARCHAR,
    dest_code VARCHAR,
    dest_level VARCHAR,
    dest_match VARCHAR,
    -- a full date, and the first and last day it may be: a month, a year or a range has only these
    left_hukou_date DATE,
    left_hukou_from DATE,
    left_hukou_to DATE,
    arrived_date DATE,
    arrived_from DATE,
    arrived_to DATE,
    ended_date DATE,
    ended_from DATE,
    ended_to DATE,
    registered_date DATE,
    reason_code VARCHAR,
    dwelling_code VARCHAR,
    -- why the row says that the stay is over: a code of cancel_reason, or RETURNED
    end_code VARCHAR
);
-- What accepted rows say in further fields: one row for each code of a cell, or its date or number.
CREATE TABLE IF NOT EXISTS raw.person_value (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    field VARCHAR NOT NULL,
    code VARCHAR,
    day_from DATE,
    day_to DATE,
    number BIGINT
);

-- Rows that were returned: they prove nothing but must not look like an absence.
CREATE TABLE IF NOT EXISTS raw.returned_row (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    form_id VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    reported_on DATE NOT NULL,
    has_identity BOOLEAN NOT NULL
);
-- Persons of the same form and unit who may be the one in a returned row (same name or readable part of the number).
CREATE TABLE IF NOT EXISTS raw.returned_match (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    person_key VARCHAR NOT NULL
);

-- What joins rows without a valid number to people. All of it is pseudonymous: keys, weights and the names of
-- agreements ("name: same sound"), never a value.
-- Marks of the identity profiles that the vault has, so that a list that says nothing new adds nothing to it.
CREATE TABLE IF NOT EXISTS raw.known_profile (
    profile_mark VARCHAR NOT NULL
);
-- Pairs of keys that may be one person, each with its best weight (log2 of the odds) under one model. person_key has no
-- number; other_key may have one. Of two keys without number the smaller is person_key.
CREATE TABLE IF NOT EXISTS raw.person_pair (
    person_key VARCHAR NOT NULL,
    other_key VARCHAR NOT NULL,
    weight DOUBLE NOT NULL,
    evidence VARCHAR NOT NULL,
    model_id VARCHAR NOT NULL
);
-- Which keys are whose today: every row of person_key is linked_key's. Made anew every night from pairs and decisions.
CREATE TABLE IF NOT EXISTS raw.person_link (
    person_key VARCHAR NOT NULL,
    linked_key VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    weight DOUBLE,
    evidence VARCHAR
);
-- Pairs between the thresholds, and those that would break a rule: held apart until somebody decides.
CREATE TABLE IF NOT EXISTS raw.person_review (
    person_key VARCHAR NOT NULL,
    other_key VARCHAR NOT NULL,
    weight DOUBLE NOT NULL,
    evidence VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);
-- What people decided about pairs: same or different. The latest decision about a pair holds.
CREATE TABLE IF NOT EXISTS raw.person_decision (
    person_key VARCHAR NOT NULL,
    other_key VARCHAR NOT NULL,
    decision VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    decided_by VARCHAR NOT NULL
);
-- Every change of raw.person_link, one row each, kept for ever.
CREATE TABLE IF NOT EXISTS raw.person_merge (
    merge_id VARCHAR NOT NULL,
    night_id VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    person_key VARCHAR NOT NULL,
    linked_key VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    weight DOUBLE,
    evidence VARCHAR,
    model_id VARCHAR NOT NULL
);
-- How well linking does on people who have numbers, when these are hidden; one row for each night and kind of damage.
CREATE TABLE IF NOT EXISTS raw.linkage_quality (
    night_id VARCHAR NOT NULL,
    model_id VARCHAR NOT NULL,
    damage VARCHAR NOT NULL,
    hidden BIGINT NOT NULL,
    linked_right BIGINT NOT NULL,
    linked_wrong BIGINT NOT NULL,
    held BIGINT NOT NULL,
    apart BIGINT NOT NULL
);

-- Accepted cells of count forms.
CREATE TABLE IF NOT EXISTS raw.report_cell (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    form_id VARCHAR NOT NULL,
    unit_code VARCHAR NOT NULL,
    cell_unit_code VARCHAR NOT NULL,
    period VARCHAR NOT NULL,
    reported_on DATE NOT NULL,
    origin_code VARCHAR,
    origin_level VARCHAR,
    dest_code VARCHAR,
    dest_level VARCHAR,
    category VARCHAR,
    item VARCHAR NOT NULL,
    persons BIGINT NOT NULL
);

-- Keyed marks of the rows that were taken: what tells the versions of a list apart, and nothing else.
CREATE TABLE IF NOT EXISTS raw.row_mark (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    -- whom or what the row is about, and all it says
    person_mark VARCHAR NOT NULL,
    content_mark VARCHAR NOT NULL
);
-- Rows that a corrected slip has replaced, the slip, and its row that stands there now where that is known.
CREATE TABLE IF NOT EXISTS raw.correction (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR NOT NULL,
    row_number BIGINT NOT NULL,
    by_file_id VARCHAR NOT NULL,
    by_sheet VARCHAR,
    by_row_number BIGINT
);
-- Queries that a sender has explained, by what was asked about whom (raw.finding.subject), and the slip that says so.
CREATE TABLE IF NOT EXISTS raw.explanation (
    subject VARCHAR NOT NULL,
    rule_id VARCHAR NOT NULL,
    file_id VARCHAR NOT NULL
);

-- Every finding, with personal values masked.
CREATE TABLE IF NOT EXISTS raw.finding (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR,
    row_number BIGINT,
    column_name VARCHAR,
    rule_id VARCHAR NOT NULL,
    severity VARCHAR NOT NULL,
    value_shown VARCHAR,
    -- what the value should be, where that is provable
    suggestion VARCHAR,
    advice_zh VARCHAR NOT NULL,
    advice_en VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    -- keyed mark of what was asked about whom; null where it cannot be asked again
    subject VARCHAR
);
CREATE TABLE IF NOT EXISTS raw.check_result (
    night_id VARCHAR NOT NULL,
    gate VARCHAR NOT NULL,
    check_id VARCHAR NOT NULL,
    subject VARCHAR,
    severity VARCHAR NOT NULL,
    success BOOLEAN NOT NULL,
    evaluated BIGINT,
    unexpected BIGINT,
    detail VARCHAR
);
CREATE TABLE IF NOT EXISTS raw.dropped_column (
    file_id VARCHAR NOT NULL,
    sheet VARCHAR,
    heading VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    reason VARCHAR NOT NULL
);
CREATE TABLE IF NOT EXISTS raw.unmapped_value (
    file_id VARCHAR NOT NULL,
    form_id VARCHAR NOT NULL,
    field VARCHAR NOT NULL,
    source_value VARCHAR NOT NULL,
    row_count BIGINT NOT NULL
);
CREATE TABLE IF NOT EXISTS raw.snapshot (
    snapshot_id VARCHAR NOT NULL,
    night_id VARCHAR NOT NULL,
    run_date DATE NOT NULL,
    built_at TIMESTAMP NOT NULL,
    popflow_version VARCHAR NOT NULL,
    files_taken BIGINT NOT NULL,
    rows_accepted BIGINT NOT NULL,
    rows_returned BIGINT NOT NULL
);

-- The registers alone, once changes have been imported: raw.division is made from both. Same columns.
CREATE TABLE IF NOT EXISTS raw.division_register AS FROM raw.division
WHERE false;

-- The changes of divisions as they were imported: raw.division and raw.division_change are made from them.
CREATE TABLE IF NOT EXISTS raw.known_change (
    -- null: kind new, nobody knows from what
    from_code VARCHAR,
    from_name VARCHAR,
    -- null: kind retired, nobody knows into what
    to_code VARCHAR,
    to_name VARCHAR,
    change_date DATE NOT NULL,
    kind VARCHAR NOT NULL,
    weight DOUBLE,
    weight_basis VARCHAR,
    -- whether to_code begins with the change; false: there was a division with this code before
    to_is_new BOOLEAN NOT NULL,
    source VARCHAR NOT NULL
);
