{{ per_person() }}

{#
    What one sender's lists say of a stay, from first to last: its spell of the person. An outflow list that does not
    tell the arrival says nothing of it, though its day of leaving stands for the arrival elsewhere.
#}
with described as (
    select
        person_key,
        form_id,
        unit_code,
        side,
        max_by(sex, {{ order_key(['reported_on', 'sex']) }}) filter (where sex is not null) as sex,
        max_by(birth_date, {{ order_key(['reported_on', 'birth_date']) }})
        filter (where birth_date is not null) as birth_date,
        max_by(hukou_nature, {{ order_key(['reported_on', 'hukou_nature']) }})
        filter (where hukou_nature is not null) as hukou_nature,
        max_by(education_code, {{ order_key(['reported_on', 'education_code']) }})
        filter (where education_code is not null) as education_code
    from {{ ref('int_claim') }}
    group by person_key, form_id, unit_code, side
),

registered as (
    select
        spell_row.person_key,
        spell_row.form_id,
        spell_row.unit_code,
        spell_row.side,
        spell_row.spell_number,
        min(claim.registered_date) as registered_date
    {{ from_claims_of_spells() }}
    where claim.registered_date is not null and mistaken.file_id is null
    group by spell_row.person_key, spell_row.form_id, spell_row.unit_code, spell_row.side, spell_row.spell_number
),

told as (
    select
        *,
        case when side = 'destination' or left_span is null or arrived_span != left_span then arrived_span end
            as told_arrival
    from {{ ref('int_spell') }}
)

select
    stay.stay_id,
    stay.person_key,
    spell.form_id,
    spell.unit_code,
    spell.side,
    spell.first_reported,
    spell.last_reported,
    coalesce(spell.arrived_date, spell.arrived_before) as says_from,
    case
        when spell.end_kind is not null
            then coalesce(spell.ended_date, spell.ended_before, {{ plus_days('spell.ended_after', '1') }})
    end as says_until,
    {{ packed_code('spell.origin_place') }} as origin_code,
    {{ packed_code('spell.dest_place') }} as dest_code,
    {{ span_from('spell.left_span') }} as left_from,
    {{ span_to('spell.left_span') }} as left_to,
    {{ span_from('spell.told_arrival') }} as arrived_from,
    {{ span_to('spell.told_arrival') }} as arrived_to,
    {{ span_from('spell.ended_span') }} as ended_from,
    {{ span_to('spell.ended_span') }} as ended_to,
    spell.reason_code,
    spell.dwelling_code,
    described.sex,
    described.birth_date,
    described.hukou_nature,
    described.education_code,
    registered.registered_date
from told as spell
inner join {{ ref('int_stay_spell') }} as member
    on
        spell.person_key = member.person_key
        and spell.spell_rank = member.spell_rank
inner join {{ ref('int_stay') }} as stay
    on
        member.person_key = stay.person_key
        and member.stay_rank = stay.stay_rank
inner join described
    on
        spell.person_key = described.person_key
        and spell.form_id = described.form_id
        and spell.unit_code = described.unit_code
        and spell.side = described.side
left join registered
    on
        spell.person_key = registered.person_key
        and spell.form_id = registered.form_id
        and spell.unit_code = registered.unit_code
        and spell.side = registered.side
        and spell.spell_number = registered.spell_number
