{#
    Which spells are one stay. A spell belongs to the best spell it agrees with (compatible destination, possible times
    that overlap or touch, another form or unit), best being the deepest destination, then the destination side, then
    the earliest; that one may belong to a still better one. So a coarse spell never ties two different places together.
#}
with recursive shared as (
    select person_key
    from {{ ref('int_spell') }}
    group by person_key
    having min(form_id || '/' || unit_code) <> max(form_id || '/' || unit_code)
),

candidates as (
    select
        s.*,
        coalesce(s.arrived_date, s.arrived_after, s.left_hukou_date, date '0001-01-01') as possible_from,
        coalesce(s.ended_date, s.ended_before, date '9999-12-31') as possible_to
    from {{ ref('int_spell') }} as s
    inner join shared as m on s.person_key = m.person_key
),

parents as (
    select
        s.person_key,
        s.spell_rank,
        min(better.spell_rank) as parent_rank
    from candidates as s
    inner join candidates as better
        on
            s.person_key = better.person_key
            and s.spell_rank > better.spell_rank
            and (s.form_id <> better.form_id or s.unit_code <> better.unit_code)
            and s.possible_from <= better.possible_to
            and s.possible_to >= better.possible_from
            and {{ compatible_places('s.dest_code', 's.dest_path', 'better.dest_code', 'better.dest_path') }}
    group by s.person_key, s.spell_rank
),

followed as (
    select
        person_key,
        spell_rank,
        parent_rank as stay_rank
    from parents
    union
    select
        f.person_key,
        f.spell_rank,
        p.parent_rank as stay_rank
    from followed as f
    inner join parents as p
        on
            f.person_key = p.person_key
            and f.stay_rank = p.spell_rank
),

roots as (
    select
        person_key,
        spell_rank,
        min(stay_rank) as stay_rank
    from followed
    group by person_key, spell_rank
)

select
    s.person_key,
    s.form_id,
    s.unit_code,
    s.spell_number,
    s.spell_rank,
    coalesce(r.stay_rank, s.spell_rank) as stay_rank
from {{ ref('int_spell') }} as s
left join roots as r
    on
        s.person_key = r.person_key
        and s.spell_rank = r.spell_rank
