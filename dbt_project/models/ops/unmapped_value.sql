{#
    The work list of the code maps: words that had no code when they came, all spellings of one together. A word that has
    one by now has it here too, so that whoever decides sees what is left. The nearest known word of the field is only a
    hint: one that the word contains, or one that is spelled alike. Digits are near to nothing, nor is what was masked.
#}
with

spelling as (
    select
        *,
        lower(regexp_replace(source_value, '\s', '', 'g')) as folded_word
    from {{ ref('stg_unmapped_value') }}
),

word as (
    select
        spelling.form_id,
        spelling.field,
        spelling.folded_word,
        max(spelling.source_value) as source_value,
        cast(sum(spelling.row_count) as bigint) as row_count,
        count(distinct spelling.file_id) as files,
        count(distinct file.unit_code) as senders,
        min(file.reported_on) as first_seen,
        max(file.reported_on) as last_seen
    from spelling
    inner join {{ ref('stg_file') }} as file on spelling.file_id = file.file_id
    group by all
),

likeness as (
    select
        word.form_id,
        word.field,
        word.source_value,
        map.source_value as known_word,
        map.code,
        map.source_value = word.folded_word as is_same,
        case
            when contains(word.folded_word, map.source_value) then 1 + length(map.source_value)
            else jaro_winkler_similarity(word.folded_word, map.source_value)
        end as score
    from word
    inner join {{ ref('stg_code_map') }} as map
        on
            word.form_id = map.form_id
            and word.field = map.field
    where
        map.source_value = word.folded_word
        or (
            length(map.source_value) > 1
            and regexp_matches(map.source_value, '\p{L}')
            and regexp_matches(word.folded_word, '\p{L}')
            and not contains(word.folded_word, '***')
            -- the similarity is one of bytes, which any two Chinese words share
            and 2 * len(list_intersect(string_split(word.folded_word, ''), string_split(map.source_value, '')))
            >= least(length(word.folded_word), length(map.source_value))
        )
),

nearest as (
    select
        form_id,
        field,
        source_value,
        max(code) filter (where is_same) as code,
        max_by(known_word, score) filter (where score >= {{ least_likeness() }}) as suggested_word,
        max_by(code, score) filter (where score >= {{ least_likeness() }}) as suggested_code
    from likeness
    group by all
)

select
    word.form_id,
    word.field,
    word.source_value,
    word.row_count,
    word.files,
    word.senders,
    word.first_seen,
    word.last_seen,
    nearest.code,
    nearest.suggested_word,
    nearest.suggested_code
from word
left join nearest
    on
        word.form_id = nearest.form_id
        and word.field = nearest.field
        and word.source_value = nearest.source_value
